import { configure, HttpRangeReader, TextWriter, ZipReader } from '@zip.js/zip.js'

configure({ useWebWorkers: false })

const read = async ({ url }, options) => {
  const reader = new ZipReader(new HttpRangeReader(`${url}/archive.zip`, options))
  const entries = await reader.getEntries()
  const text = await entries.find(({ filename }) => filename === 'hello.txt').getData(new TextWriter())
  return { names: entries.map(({ filename }) => filename), text }
}

window.operations = {
  read: ctx => read(ctx),
  'read-suffix': ctx => read(ctx, { combineSizeEocd: true }),
}
