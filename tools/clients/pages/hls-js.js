import Hls from 'hls.js'

window.operations = {
  play: ({ url }) =>
    new Promise((done, fail) => {
      const loaded = []
      const hls = new Hls({ enableWorker: false })
      hls.on(Hls.Events.FRAG_LOADED, (_event, { frag, payload }) => {
        loaded.push([frag.sn, payload.byteLength])
        hls.destroy()
        done(loaded)
      })
      hls.on(Hls.Events.ERROR, (_event, { type, details, fatal }) => {
        if (type === Hls.ErrorTypes.NETWORK_ERROR && fatal) fail(new Error(details))
      })
      hls.loadSource(`${url}/stream.m3u8`)
      hls.attachMedia(document.body.appendChild(document.createElement('video')))
    }),
}
