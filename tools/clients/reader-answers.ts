/**
 * @module
 * What readers make of the answers to conditional requests, ranges and missing objects. tools/clients/readers.ts holds
 * Chromium to it.
 */

export interface ReaderAnswer {
  /** Operation of pages/answers.js. */
  readonly operation: string
  /** The result or the error. A second one, for a missing object: with a key that may not list the bucket (403). */
  readonly answers: readonly string[]
}

export const READER_ANSWERS: readonly ReaderAnswer[] = [
  { operation: 'fetch, Range outside of the object', answers: ['416 bytes */17'] },
  { operation: 'fetch, suffix Range', answers: ['206 bytes 11-16/17 object'] },
  { operation: 'fetch, If-Match of another version', answers: ['412'] },
  { operation: 'fetch, If-Range of another version', answers: ['200 text of an object'] },
  { operation: 'fetch, If-None-Match of this version', answers: ['304'] },
  { operation: 'fetch, missing object', answers: ['404', '403'] },
  { operation: 'AWS SDK v3, Range outside of the object', answers: ['InvalidRange: UnknownError'] },
  { operation: 'AWS SDK v3, IfMatch of another version', answers: ['PreconditionFailed: UnknownError'] },
  {
    operation: 'AWS SDK v3, missing object',
    answers: ['NoSuchKey: UnknownError', 'AccessDenied: UnknownError'],
  },
  { operation: 'zarrita, suffix Range', answers: ['[1,2,3,4]'] },
  {
    operation: 'zarrita, missing chunk',
    answers: ['[1,2,7,7]', 'Error: Unexpected response status 403 Forbidden'],
  },
  {
    operation: 'PMTiles, missing archive',
    answers: ['Error: Bad response code: 404', 'Error: Bad response code: 403'],
  },
  {
    operation: 'geotiff.js, missing image',
    answers: ['Error: Error fetching data.', 'Error: Error fetching data.'],
  },
  {
    operation: 'hyparquet, missing file',
    answers: ['Error: fetch head failed 404', 'Error: fetch with range failed 403'],
  },
  {
    operation: 'PDF.js, missing document',
    answers: [
      'ResponseException: Unexpected server response (404) while retrieving PDF "missing.pdf".',
      'ResponseException: Unexpected server response (403) while retrieving PDF "missing.pdf".',
    ],
  },
]
