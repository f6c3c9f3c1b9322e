import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { fromUrl } from 'geotiff'
import { asyncBufferFromUrl } from 'hyparquet'
import { GlobalWorkerOptions, getDocument } from 'pdfjs-dist'
import { PMTiles } from 'pmtiles'
import { FetchStore, get, open } from 'zarrita'

GlobalWorkerOptions.workerSrc = '/pdf-worker.mjs'

// What a reader makes of an answer: its result, or its error.
const outcome = async promise => {
  try {
    return await promise
  } catch (error) {
    return `${error.name}: ${String(error.message)
      .split('\n')[0]
      .replace(/https?:\S+\/(?=\w)/g, '')}`
  }
}
const fetched = async (url, headers) => {
  const response = await fetch(url, { headers })
  const range = response.headers.get('content-range')
  const body = response.ok ? await response.text() : ''
  return [response.status, ...(range === null ? [] : [range]), ...(body === '' ? [] : [body])].join(' ')
}
const object = ({ url }, input) => {
  const client = new S3Client({
    endpoint: url,
    forcePathStyle: true,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
  })
  return client.send(new GetObjectCommand({ Bucket: 'demo', Key: 'object.txt', ...input })).then(() => 'read')
}
const zarr = async (url, options) => {
  const array = await open(new FetchStore(url, options), { kind: 'array' })
  return [...(await get(array, null)).data]
}

window.operations = {
  'fetch, Range outside of the object': ({ url }) => fetched(`${url}/object.txt`, { range: 'bytes=99-100' }),
  'fetch, suffix Range': ({ url }) => fetched(`${url}/object.txt`, { range: 'bytes=-6' }),
  'fetch, If-Match of another version': ({ url }) => fetched(`${url}/object.txt`, { 'if-match': '"other"' }),
  'fetch, If-Range of another version': ({ url }) =>
    fetched(`${url}/object.txt`, { range: 'bytes=0-3', 'if-range': '"other"' }),
  'fetch, If-None-Match of this version': async ({ url }) => {
    const etag = (await fetch(`${url}/object.txt`)).headers.get('etag')
    return await fetched(`${url}/object.txt`, { 'if-none-match': etag })
  },
  'fetch, missing object': ({ url }) => fetched(`${url}/missing.txt`),
  'AWS SDK v3, Range outside of the object': ctx => outcome(object(ctx, { Range: 'bytes=99-100' })),
  'AWS SDK v3, IfMatch of another version': ctx => outcome(object(ctx, { IfMatch: '"other"' })),
  'AWS SDK v3, missing object': ctx => outcome(object(ctx, { Key: 'missing.txt' })),
  'zarrita, suffix Range': ({ url }) => outcome(zarr(`${url}/array.zarr`, { useSuffixRequest: true })),
  'zarrita, missing chunk': ({ url }) => outcome(zarr(`${url}/sparse.zarr`)),
  'PMTiles, missing archive': ({ url }) => outcome(new PMTiles(`${url}/missing.pmtiles`).getHeader()),
  'geotiff.js, missing image': ({ url }) => outcome(fromUrl(`${url}/missing.tif`)),
  'hyparquet, missing file': ({ url }) => outcome(asyncBufferFromUrl({ url: `${url}/missing.parquet` })),
  'PDF.js, missing document': ({ url }) => outcome(getDocument({ url: `${url}/missing.pdf` }).promise),
}
