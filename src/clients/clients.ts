/**
 * @module
 * The recorded clients.
 */

import aliOss from './ali-oss.json' with { type: 'json' }
import awsSdkV3 from './aws-sdk-v3.json' with { type: 'json' }
import browser from './browser.json' with { type: 'json' }
import type { Client } from './client.ts'
import cosJsSdk from './cos-js-sdk-v5.json' with { type: 'json' }
import cosNodejsSdk from './cos-nodejs-sdk-v5.json' with { type: 'json' }
import dropzone from './dropzone.json' with { type: 'json' }
import filepond from './filepond.json' with { type: 'json' }
import geotiff from './geotiff.json' with { type: 'json' }
import hlsJs from './hls-js.json' with { type: 'json' }
import hyparquet from './hyparquet.json' with { type: 'json' }
import minioJs from './minio-js.json' with { type: 'json' }
import pdfjs from './pdfjs-dist.json' with { type: 'json' }
import pmtiles from './pmtiles.json' with { type: 'json' }
import uppy from './uppy-aws-s3.json' with { type: 'json' }
import zarrita from './zarrita.json' with { type: 'json' }
import zipJs from './zip-js.json' with { type: 'json' }

/** Every client, in the order of docs/clients.md. test/unit/clients holds the files to the types. */
export const CLIENTS = [
  cosJsSdk,
  cosNodejsSdk,
  awsSdkV3,
  minioJs,
  aliOss,
  uppy,
  dropzone,
  filepond,
  pmtiles,
  geotiff,
  hyparquet,
  zarrita,
  zipJs,
  pdfjs,
  hlsJs,
  browser,
] as readonly Client[]

/** Returns the client with an ID, or null. */
export const clientOf = (id: string): Client | null => CLIENTS.find(client => client.id === id) ?? null
