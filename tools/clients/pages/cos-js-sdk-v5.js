import COS from 'cos-js-sdk-v5'

const PLACE = { Bucket: 'demo-1250000000', Region: 'local' }
const Body = 'text of an object'
const key = { SecretId: 'AKIDexample', SecretKey: 'secret' }
const client = ({ host, credentials = key }, more = {}) =>
  new COS({ ...credentials, ...more, Domain: host, Protocol: 'http:', AutoSwitchHost: false })
const temporary = { ...key, SecurityToken: 'token' }

// The bag of all headers is not a result: what the SDK makes of them is.
const withoutBag = operation => async ctx => {
  const { headers: _bag, ...result } = await operation(ctx)
  return result
}

const operations = {
  put: ctx => client(ctx).putObject({ ...PLACE, Key: 'put.txt', Body }),
  'put-temporary-credentials': ctx => client(ctx, temporary).putObject({ ...PLACE, Key: 'put.txt', Body }),
  'put-metadata': ctx =>
    client(ctx).putObject({
      ...PLACE,
      Key: 'put.txt',
      Body,
      CacheControl: 'max-age=60',
      'x-cos-meta-author': 'me',
    }),
  'put-retry': ctx => client(ctx).putObject({ ...PLACE, Key: 'flaky.txt', Body }),
  get: ctx => client(ctx).getObject({ ...PLACE, Key: 'object.txt' }),
  'get-range': ctx => client(ctx).getObject({ ...PLACE, Key: 'object.txt', Range: 'bytes=0-3' }),
  head: ctx => client(ctx).headObject({ ...PLACE, Key: 'object.txt' }),
  list: ctx => client(ctx).getBucket({ ...PLACE }),
  delete: ctx => client(ctx).deleteObject({ ...PLACE, Key: 'object.txt' }),
  multipart: ctx =>
    client(ctx).uploadFile({
      ...PLACE,
      Key: 'large.bin',
      Body: new Blob([new Uint8Array(3 * 1024 * 1024)]),
      SliceSize: 1024 * 1024,
      ChunkSize: 1024 * 1024,
    }),
}

window.operations = {
  ...Object.fromEntries(Object.entries(operations).map(([name, operation]) => [name, withoutBag(operation)])),
  'presigned-get': async ctx => {
    const url = await new Promise((done, fail) =>
      client(ctx).getObjectUrl({ ...PLACE, Key: 'object.txt', Sign: true }, (error, data) =>
        error ? fail(error) : done(data.Url),
      ),
    )
    return await (await fetch(url)).text()
  },
}
