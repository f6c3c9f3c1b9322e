/** What pages do without a library. */
const image = () => new File([new Uint8Array(300_000)], 'image.png', { type: 'image/png' })
const object = url => `${url}/object.txt`
/** A page fetches an image or a module once. */
const fresh = url => `${url}?${crypto.randomUUID()}`
const checked = response => {
  if (!response.ok) throw new Error(`status ${response.status}`)
  return response
}
const loaded = (element, more) =>
  new Promise((done, fail) => {
    Object.assign(element, more, { onload: () => done(true), onerror: () => fail(new Error('error event')) })
    document.head.append(element)
  })

window.operations = {
  'fetch-get': async ({ url }) => await checked(await fetch(object(url))).text(),
  'fetch-head': async ({ url }) =>
    checked(await fetch(object(url), { method: 'HEAD' })).headers.get('content-length'),
  'fetch-range': async ({ url }) => {
    const response = checked(await fetch(object(url), { headers: { range: 'bytes=0-3' } }))
    return { text: await response.text(), range: response.headers.get('content-range') }
  },
  'fetch-range-suffix': async ({ url }) =>
    await checked(await fetch(object(url), { headers: { range: 'bytes=-4' } })).text(),
  'fetch-range-if': async ({ url }) => {
    const etag = (await fetch(object(url), { method: 'HEAD' })).headers.get('etag')
    if (etag === null) throw new Error('the ETag cannot be read')
    const headers = { range: 'bytes=0-3', 'if-range': etag }
    const response = checked(await fetch(object(url), { headers }))
    return { status: response.status, text: await response.text() }
  },
  'fetch-unless-changed': async ({ url }) => {
    const etag = checked(await fetch(object(url))).headers.get('etag')
    if (etag === null) throw new Error('the ETag cannot be read')
    return (await fetch(object(url), { headers: { 'if-none-match': etag } })).status
  },
  'fetch-put': async ({ url }) =>
    checked(await fetch(`${url}/put.png`, { method: 'PUT', body: image() })).status,
  'fetch-delete': async ({ url }) => checked(await fetch(object(url), { method: 'DELETE' })).status,
  'xhr-put-progress': ({ url }) =>
    new Promise((done, fail) => {
      const xhr = new XMLHttpRequest()
      let progressed = false
      xhr.upload.onprogress = () => {
        progressed = true
      }
      xhr.onload = () => (xhr.status === 200 ? done({ progressed }) : fail(new Error(`status ${xhr.status}`)))
      xhr.onerror = () => fail(new Error('network error'))
      xhr.open('PUT', `${url}/put.png`)
      xhr.setRequestHeader('content-type', 'image/png')
      xhr.send(image())
    }),
  'xhr-post-form-progress': ({ url }) =>
    new Promise((done, fail) => {
      const xhr = new XMLHttpRequest()
      xhr.upload.onprogress = () => {}
      xhr.onload = () => (xhr.status < 300 ? done(xhr.status) : fail(new Error(`status ${xhr.status}`)))
      xhr.onerror = () => fail(new Error('network error'))
      xhr.open('POST', `${url}/`)
      const form = new FormData()
      form.append('key', 'image.png')
      form.append('file', image())
      xhr.send(form)
    }),
  'img-crossorigin': ({ url }) =>
    loaded(document.createElement('img'), { crossOrigin: 'anonymous', src: fresh(`${url}/image.svg`) }),
  'script-module': ({ url }) =>
    loaded(document.createElement('script'), { type: 'module', src: fresh(`${url}/module.js`) }),
  'import-module': async ({ url }) => (await import(fresh(`${url}/module.js`))).answer,
  font: async ({ url }) => {
    const before = performance.getEntriesByType('resource').length
    const face = new FontFace('Recorded', `url(${url}/font.woff2)`)
    await face.load().catch(error => {
      // The bytes are no font, so a browser that was allowed to read them says that it cannot decode them.
      const [entry] = performance.getEntriesByType('resource').slice(before)
      if (!(entry?.responseStatus === 200)) throw error
    })
    return true
  },
}
