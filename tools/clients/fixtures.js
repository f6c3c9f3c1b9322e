/**
 * @module
 * The files that range readers read, made by the formats' own writers or by hand.
 */

import { TextReader, Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js'
import { writeArrayBuffer } from 'geotiff'
import { parquetWriteBuffer } from 'hyparquet-writer'

const TEXT = 'text of an object'
const encoder = new TextEncoder()

/** Key, body and type of every fixture: made once, because some take a second. */
const FIXTURES = /** @type {const} */ ([
  ['object.txt', TEXT, 'text/plain'],
  ['demo/object.txt', TEXT, 'text/plain'],
  ['map.pmtiles', pmtiles(), 'application/octet-stream'],
  ['image.tif', tiff(), 'image/tiff'],
  ['table.parquet', parquet(), 'application/vnd.apache.parquet'],
  ['document.pdf', pdf(), 'application/pdf'],
  ['archive.zip', await zip(), 'application/zip'],
  ['module.js', 'export const answer = 42', 'text/javascript'],
  ['image.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 'image/svg+xml'],
  ['font.woff2', 'not a font', 'font/woff2'],
  ['stream.m3u8', playlist(), 'application/vnd.apple.mpegurl'],
  ['stream.ts', new Uint8Array(188 * 200).fill(0x47), 'video/mp2t'],
  ...zarr().map(([key, value]) => [`array.zarr/${key}`, value, 'application/octet-stream']),
  ...sparse().map(([key, value]) => [`sparse.zarr/${key}`, value, 'application/octet-stream']),
])

/**
 * Puts every fixture into the bucket. What an operation has changed is as it was.
 *
 * @param {import('./bucket.ts').MemoryBucket} bucket
 */
export function putFixtures(bucket) {
  bucket.remove('flaky.txt')
  for (const [key, body, type] of FIXTURES) bucket.put(key, body, type)
}

/** A PMTiles archive of version 3 with one tile, nothing compressed. */
function pmtiles() {
  const directory = Uint8Array.of(1, 0, 1, 4, 1)
  const metadata = encoder.encode('{}')
  const tile = Uint8Array.of(1, 2, 3, 4)
  const bytes = new Uint8Array(20_000)
  const view = new DataView(bytes.buffer)
  bytes.set(encoder.encode('PMTiles'))
  view.setUint8(7, 3)
  const metadataAt = 127 + directory.length
  const tileAt = 18_000
  const numbers = [
    127,
    directory.length,
    metadataAt,
    metadata.length,
    metadataAt,
    0,
    tileAt,
    tile.length,
    1,
    1,
    1,
  ]
  numbers.forEach((number, at) => {
    view.setBigUint64(8 + at * 8, BigInt(number), true)
  })
  bytes.set([1, 1, 1, 1, 0, 0], 96)
  bytes.set(directory, 127)
  bytes.set(metadata, metadataAt)
  bytes.set(tile, tileAt)
  return bytes
}

/** A GeoTIFF of one band, larger than what a reader fetches first. */
function tiff() {
  const [width, height] = [400, 400]
  const values = Array.from({ length: width * height }, (_, at) => at % 251)
  return new Uint8Array(writeArrayBuffer(values, { width, height }))
}

/** A Parquet file whose footer is not all of it. */
function parquet() {
  const data = Array.from({ length: 100_000 }, (_, at) => (at * 2_654_435_761) % 4_294_967_291)
  return new Uint8Array(
    parquetWriteBuffer({ columnData: [{ name: 'number', data, type: 'DOUBLE' }], codec: 'UNCOMPRESSED' }),
  )
}

/** A PDF of one page, and an attachment that makes reading all of it a waste. */
function pdf() {
  const filler = '0'.repeat(1024 * 1024)
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>',
    `<</Length ${filler.length}>>\nstream\n${filler}\nendstream`,
  ]
  let text = '%PDF-1.4\n'
  const offsets = objects.map((object, at) => {
    const offset = text.length
    text += `${at + 1} 0 obj\n${object}\nendobj\n`
    return `${String(offset).padStart(10, '0')} 00000 n \n`
  })
  const xref = text.length
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}`
  return encoder.encode(
    `${text}trailer\n<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${xref}\n%%EOF\n`,
  )
}

/** An HLS playlist of two byte ranges of one file. */
function playlist() {
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:4',
    '#EXT-X-TARGETDURATION:2',
    ...[0, 1].flatMap(at => ['#EXTINF:2,', `#EXT-X-BYTERANGE:${188 * 100}@${188 * 100 * at}`, 'stream.ts']),
    '#EXT-X-ENDLIST',
  ].join('\n')
}

/** A Zarr array of version 3 in one shard of two chunks, its index at the end. */
function zarr() {
  const codecs = [{ name: 'bytes', configuration: { endian: 'little' } }]
  const metadata = {
    zarr_format: 3,
    node_type: 'array',
    shape: [4],
    data_type: 'int32',
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [4] } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    fill_value: 0,
    codecs: [
      {
        name: 'sharding_indexed',
        configuration: { chunk_shape: [2], codecs, index_codecs: codecs, index_location: 'end' },
      },
    ],
    attributes: {},
  }
  const shard = new Uint8Array(16 + 32)
  shard.set(new Uint8Array(Int32Array.of(1, 2, 3, 4).buffer))
  shard.set(new Uint8Array(BigUint64Array.of(0n, 8n, 8n, 8n).buffer), 16)
  return [
    ['zarr.json', encoder.encode(JSON.stringify(metadata))],
    ['c/0', shard],
  ]
}

/** A Zarr array of two chunks, of which one is missing: its values are the fill value. */
function sparse() {
  const metadata = {
    zarr_format: 3,
    node_type: 'array',
    shape: [4],
    data_type: 'int32',
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [2] } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    fill_value: 7,
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
    attributes: {},
  }
  return [
    ['zarr.json', encoder.encode(JSON.stringify(metadata))],
    ['c/0', new Uint8Array(Int32Array.of(1, 2).buffer)],
  ]
}

/** A ZIP archive of a large file and a small one, not compressed. */
async function zip() {
  const archive = new ZipWriter(new Uint8ArrayWriter(), {
    level: 0,
    lastModDate: new Date('2026-11-01T00:00:00Z'),
  })
  await archive.add('large.bin', new Uint8ArrayReader(new Uint8Array(300_000)))
  await archive.add('hello.txt', new TextReader(TEXT))
  return await archive.close()
}
