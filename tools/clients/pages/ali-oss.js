import OSS from 'ali-oss'

const Body = new Blob(['text of an object'], { type: 'image/png' })
const client = ({ url }, more = {}) =>
  new OSS({
    endpoint: url,
    cname: true,
    bucket: 'demo',
    region: 'oss-cn-hangzhou',
    accessKeyId: 'id',
    accessKeySecret: 'secret',
    ...more,
  })
const temporary = { stsToken: 'token', refreshSTSToken: async () => ({}), refreshSTSTokenInterval: 9e9 }
// The bag of all headers is not a result: what the SDK makes of them is.
const withoutRequest = ({ res: { status } = {}, ...rest }) => ({ ...rest, status })

window.operations = {
  put: async ctx => withoutRequest(await client(ctx).put('put.txt', Body)),
  'put-signature-v4': async ctx =>
    withoutRequest(await client(ctx, { authorizationV4: true, region: 'cn-hangzhou' }).put('put.txt', Body)),
  'put-temporary-credentials': async ctx => withoutRequest(await client(ctx, temporary).put('put.txt', Body)),
  get: async ctx => {
    const { content, ...rest } = await client(ctx).get('object.txt')
    return { ...withoutRequest(rest), length: content.length }
  },
  head: async ctx => withoutRequest(await client(ctx).head('object.txt')),
  delete: async ctx => withoutRequest(await client(ctx).delete('object.txt')),
  multipart: async ctx =>
    withoutRequest(
      await client(ctx).multipartUpload('large.bin', new Blob([new Uint8Array(300 * 1024)]), {
        partSize: 100 * 1024,
      }),
    ),
  'presigned-get': async ctx => await (await fetch(client(ctx).signatureUrl('object.txt'))).text(),
}
