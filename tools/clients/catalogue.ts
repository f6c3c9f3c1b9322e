/**
 * @module
 * The clients that are recorded: which package, which page, and what each operation of the page is.
 */

import { presignedByAws, presignedByCos, presignedByMinio } from './prepare.js'
import type { Place } from './stage.ts'

export interface CatalogueEntry {
  /** Name in commands, and of `src/clients/<id>.json`. */
  readonly id: string
  readonly title: string
  /** The package whose version is recorded; null for the browser itself. */
  readonly package: string | null
  /** File in `pages/`, where it is not named after the client. */
  readonly page?: string
  /** Whose headers the bucket adds. */
  readonly vendor: 'amz' | 'cos' | 'oss'
  /** Operation → what it is, as people say it. */
  readonly operations: Readonly<Record<string, string>>
  /** What a server would prepare for the page: presigned URLs. Runs in Node. */
  readonly prepare?: (place: Place) => Promise<unknown>
}

export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    id: 'cos-js-sdk-v5',
    title: 'COS JavaScript SDK',
    package: 'cos-js-sdk-v5',
    vendor: 'cos',
    operations: {
      get: 'getObject',
      'get-range': 'getObject with a Range',
      head: 'headObject',
      list: 'getBucket',
      put: 'putObject',
      'put-metadata': 'putObject with metadata (x-cos-meta-author)',
      'put-retry': 'putObject that is sent again after a 500',
      'put-temporary-credentials': 'putObject with temporary credentials',
      multipart: 'uploadFile in parts',
      delete: 'deleteObject',
      'presigned-get': 'fetch of a URL from getObjectUrl',
    },
  },
  {
    id: 'cos-nodejs-sdk-v5',
    title: 'COS Node.js SDK, on a server that presigns for a page',
    package: 'cos-nodejs-sdk-v5',
    page: 'presigned',
    vendor: 'cos',
    operations: {
      'presigned-get': 'fetch of a URL from getObjectUrl',
      'presigned-put': 'fetch with PUT of a file to a URL from getObjectUrl',
    },
    prepare: presignedByCos,
  },
  {
    id: 'aws-sdk-v3',
    title: 'AWS SDK for JavaScript v3',
    package: '@aws-sdk/client-s3',
    vendor: 'amz',
    operations: {
      get: 'GetObject',
      'get-range': 'GetObject with a Range',
      'get-when-required': 'GetObject with responseChecksumValidation WHEN_REQUIRED',
      head: 'HeadObject',
      list: 'ListObjectsV2',
      put: 'PutObject',
      'put-metadata': 'PutObject with metadata (x-amz-meta-author) and Cache-Control',
      'put-temporary-credentials': 'PutObject with temporary credentials',
      'put-when-required': 'PutObject with requestChecksumCalculation WHEN_REQUIRED',
      multipart: 'Upload of lib-storage, in parts',
      'multipart-stream': 'Upload of lib-storage of a ReadableStream',
      delete: 'DeleteObject',
      'presigned-get': 'fetch of a presigned GetObject',
      'presigned-put': 'fetch of a presigned PutObject',
    },
  },
  {
    id: 'minio-js',
    title: 'MinIO JavaScript client, on a server that presigns for a page',
    package: 'minio',
    page: 'presigned',
    vendor: 'amz',
    operations: {
      'presigned-get': 'fetch of a URL from presignedGetObject',
      'presigned-put': 'fetch with PUT of a file to a URL from presignedPutObject',
      'post-form': 'form POST of a file with presignedPostPolicy',
    },
    prepare: presignedByMinio,
  },
  {
    id: 'ali-oss',
    title: 'Alibaba OSS JavaScript SDK',
    package: 'ali-oss',
    vendor: 'oss',
    operations: {
      get: 'get',
      head: 'head',
      put: 'put',
      'put-signature-v4': 'put with authorizationV4',
      'put-temporary-credentials': 'put with an stsToken',
      multipart: 'multipartUpload',
      delete: 'delete',
      'presigned-get': 'fetch of a URL from signatureUrl',
    },
  },
  {
    id: 'uppy-aws-s3',
    title: 'Uppy AwsS3',
    package: '@uppy/aws-s3',
    vendor: 'amz',
    operations: { put: 'upload in one piece', multipart: 'upload in parts' },
  },
  {
    id: 'dropzone',
    title: 'Dropzone with a presigned PUT',
    package: 'dropzone',
    vendor: 'amz',
    operations: { 'presigned-put': 'upload with method PUT and binaryBody' },
    prepare: presignedByAws,
  },
  {
    id: 'filepond',
    title: 'FilePond with a presigned PUT',
    package: 'filepond',
    vendor: 'amz',
    operations: { 'presigned-put': 'upload with server.process, method PUT' },
    prepare: presignedByAws,
  },
  {
    id: 'pmtiles',
    title: 'PMTiles',
    package: 'pmtiles',
    vendor: 'amz',
    operations: { read: 'a tile of an archive' },
  },
  {
    id: 'geotiff',
    title: 'geotiff.js',
    package: 'geotiff',
    vendor: 'amz',
    operations: { read: 'a window of an image from fromUrl' },
  },
  {
    id: 'hyparquet',
    title: 'hyparquet',
    package: 'hyparquet',
    vendor: 'amz',
    operations: { read: 'rows of a file from asyncBufferFromUrl' },
  },
  {
    id: 'zarrita',
    title: 'zarrita',
    package: 'zarrita',
    vendor: 'amz',
    operations: {
      read: 'a sharded array from FetchStore',
      'read-suffix': 'a sharded array from FetchStore with useSuffixRequest',
    },
  },
  {
    id: 'zip-js',
    title: 'zip.js',
    package: '@zip.js/zip.js',
    vendor: 'amz',
    operations: {
      read: 'a file of an archive from HttpRangeReader',
      'read-suffix': 'a file of an archive from HttpRangeReader with combineSizeEocd',
    },
  },
  {
    id: 'pdfjs-dist',
    title: 'PDF.js',
    package: 'pdfjs-dist',
    vendor: 'amz',
    operations: { read: 'a page, with disableAutoFetch and disableStream' },
  },
  {
    id: 'hls-js',
    title: 'hls.js',
    package: 'hls.js',
    vendor: 'amz',
    operations: { play: 'a playlist of byte ranges' },
  },
  {
    id: 'browser',
    title: 'A page without a library',
    package: null,
    vendor: 'amz',
    operations: {
      'fetch-get': 'fetch',
      'fetch-head': 'fetch with HEAD',
      'fetch-range': 'fetch of a Range',
      'fetch-range-suffix': 'fetch of a suffix Range (bytes=-4)',
      'fetch-range-if': 'fetch of a Range with If-Range',
      'fetch-unless-changed': 'fetch with If-None-Match',
      'fetch-put': 'fetch with PUT of a file',
      'fetch-delete': 'fetch with DELETE',
      'xhr-put-progress': 'XMLHttpRequest with PUT of a file and upload progress',
      'xhr-post-form-progress': 'XMLHttpRequest with POST of a form and upload progress',
      'img-crossorigin': '<img crossorigin>',
      'script-module': '<script type=module>',
      'import-module': 'import()',
      font: 'a web font',
    },
  },
]
