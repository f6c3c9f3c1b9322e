import { asyncBufferFromUrl, parquetReadObjects } from 'hyparquet'

window.operations = {
  read: async ({ url }) => {
    const file = await asyncBufferFromUrl({ url: `${url}/table.parquet` })
    const rows = await parquetReadObjects({ file, rowStart: 0, rowEnd: 2 })
    return { rows, byteLength: file.byteLength }
  },
}
