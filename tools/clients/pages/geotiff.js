import { fromUrl } from 'geotiff'

window.operations = {
  read: async ({ url }) => {
    const tiff = await fromUrl(`${url}/image.tif`)
    const image = await tiff.getImage()
    const [band] = await image.readRasters({ window: [0, 0, 4, 1] })
    return { width: image.getWidth(), band: [...band] }
  },
}
