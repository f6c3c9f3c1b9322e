import { PMTiles } from 'pmtiles'

window.operations = {
  read: async ({ url }) => {
    const archive = new PMTiles(`${url}/map.pmtiles`)
    const header = await archive.getHeader()
    const tile = await archive.getZxy(0, 0, 0)
    return { etag: header.etag, tile: new Uint8Array(tile.data).length }
  },
}
