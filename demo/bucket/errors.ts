/**
 * @module
 * The errors of the demo bucket, with COS's codes and messages (COS "Error codes").
 */

import { type ErrorAnswer, errorResponse } from '../../src/answers/error-xml.ts'
import { dialectOf } from '../../src/cors/dialect.ts'

const error = (status: number, code: string, message: string): ErrorAnswer => ({ status, code, message })

export const ACCESS_DENIED = error(403, 'AccessDenied', 'Access Denied.')
export const INVALID_ACCESS_KEY_ID = error(
  403,
  'InvalidAccessKeyId',
  'The Access Key Id you provided does not exist in our records.',
)
export const BAD_DIGEST = error(
  400,
  'BadDigest',
  'The Content-MD5 you specified did not match what we received.',
)
export const INVALID_DIGEST = error(400, 'InvalidDigest', 'The Content-MD5 you specified is not valid.')
export const INVALID_ARGUMENT = error(400, 'InvalidArgument', 'Invalid Argument.')
export const INVALID_URI = error(400, 'InvalidURI', 'Could not parse the specified URI.')
export const KEY_TOO_LONG = error(400, 'KeyTooLong', 'Your key is too long.')
export const METADATA_TOO_LARGE = error(
  400,
  'MetadataTooLarge',
  'Your metadata headers exceed the maximum allowed metadata size.',
)
export const ENTITY_TOO_LARGE = error(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum size.')
export const ENTITY_TOO_SMALL = error(
  400,
  'EntityTooSmall',
  'Your proposed upload is smaller than the minimum allowed object size.',
)
export const INCOMPLETE_BODY = error(
  400,
  'IncompleteBody',
  'You did not provide the number of bytes specified by the Content-Length HTTP header.',
)
export const INVALID_PART = error(
  400,
  'InvalidPart',
  'One or more of the specified parts could not be found, or its ETag does not match.',
)
export const INVALID_PART_ORDER = error(
  400,
  'InvalidPartOrder',
  'The list of parts was not in ascending order. Parts must be ordered by part number.',
)
export const MALFORMED_XML = error(
  400,
  'MalformedXML',
  'The XML you provided was not well-formed or did not validate against our published schema.',
)
export const MISSING_CONTENT_LENGTH = error(
  411,
  'MissingContentLength',
  'You must provide the Content-Length HTTP header.',
)
export const NO_SUCH_KEY = error(404, 'NoSuchKey', 'The specified key does not exist.')
export const NO_SUCH_UPLOAD = error(404, 'NoSuchUpload', 'The specified multipart upload does not exist.')
export const NO_SUCH_CORS = error(404, 'NoSuchCORSConfiguration', 'The CORS configuration does not exist.')
export const METHOD_NOT_ALLOWED = error(
  405,
  'MethodNotAllowed',
  'The specified method is not allowed against this resource.',
)
export const PRECONDITION_FAILED = error(
  412,
  'PreconditionFailed',
  'At least one of the pre-conditions you specified did not hold.',
)
export const INVALID_RANGE = error(416, 'InvalidRange', 'The requested range cannot be satisfied.')
export const INTERNAL_ERROR = error(
  500,
  'InternalError',
  'We encountered an internal error. Please try again.',
)
export const NOT_IMPLEMENTED = error(
  501,
  'NotImplemented',
  'A header or parameter you provided implies functionality that the demo bucket does not have.',
)

export const COS = dialectOf('cos')

/** The error document, with its ids. */
export const refuse = (request: Request, answer: ErrorAnswer): Response =>
  errorResponse(COS, answer, request.url, request.method === 'HEAD')

/** Returns true for an error, false for another result. */
export const isError = (value: unknown): value is ErrorAnswer =>
  typeof value === 'object' && value !== null && 'status' in value && typeof value.status === 'number'
