/**
 * @module
 * What a server prepares for a page: presigned URLs, made by the vendors' own packages in Node.
 */

/** @typedef {import('./stage.ts').Place} Place */

const KEY = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' }

/** @param {Place} place */
export async function presignedByAws({ url }) {
  const { PutObjectCommand, S3Client } = await import('@aws-sdk/client-s3')
  const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner')
  const client = new S3Client({ endpoint: url, region: 'us-east-1', forcePathStyle: true, credentials: KEY })
  return { put: await getSignedUrl(client, new PutObjectCommand({ Bucket: 'demo', Key: 'put.png' })) }
}

/** @param {Place} place */
export async function presignedByCos({ host }) {
  const { default: COS } = await import('cos-nodejs-sdk-v5')
  const cos = new COS({ SecretId: 'AKIDexample', SecretKey: 'secret', Domain: host, Protocol: 'http:' })
  /** @param {string} Key @param {'GET' | 'PUT'} Method */
  const urlOf = (Key, Method) =>
    cos.getObjectUrl({ Bucket: 'demo-1250000000', Region: 'local', Key, Method, Sign: true }, () => {})
  return { get: urlOf('object.txt', 'GET'), put: urlOf('put.png', 'PUT') }
}

/** @param {Place} place */
export async function presignedByMinio({ host, url }) {
  const { Client } = await import('minio')
  const [endPoint = '', port] = host.split(':')
  const place = { endPoint, port: Number(port), useSSL: false, region: 'us-east-1' }
  const client = new Client({ ...place, accessKey: 'id', secretKey: 'secret' })
  const policy = client.newPostPolicy()
  policy.setBucket('demo')
  policy.setKey('form.png')
  policy.setExpires(new Date(Date.now() + 3_600_000))
  const { formData } = await client.presignedPostPolicy(policy)
  return {
    get: await client.presignedGetObject('demo', 'object.txt'),
    put: await client.presignedPutObject('demo', 'put.png'),
    form: { url: `${url}/demo/`, fields: formData },
  }
}
