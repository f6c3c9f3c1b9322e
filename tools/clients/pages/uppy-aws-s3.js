import AwsS3 from '@uppy/aws-s3'
import Uppy from '@uppy/core'

const temporary = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' }

async function upload({ url, mounted, prepared, credentials = temporary }, size, options) {
  const uppy = new Uppy({ logger: { debug() {}, warn() {}, error() {} } })
  uppy.use(AwsS3, {
    s3Endpoint: mounted ? url : `${url}/demo`,
    region: 'us-east-1',
    getCredentials: async () => ({ credentials: prepared ?? credentials, region: 'us-east-1' }),
    generateObjectKey: ({ name }) => name,
    ...options,
  })
  uppy.addFile({
    name: 'file.txt',
    type: 'image/png',
    data: new Blob([new Uint8Array(size)], { type: 'image/png' }),
  })
  const { successful, failed } = await uppy.upload()
  if (failed.length > 0) throw new Error(failed[0].error)
  return successful.map(({ response }) => response)
}

window.operations = {
  put: ctx => upload(ctx, 100, { shouldUseMultipart: false }),
  multipart: ctx =>
    upload(ctx, 6 * 1024 * 1024, { shouldUseMultipart: true, getChunkSize: () => 5 * 1024 * 1024 }),
}
