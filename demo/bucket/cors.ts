/**
 * @module
 * PUT, GET and DELETE Bucket cors: the document is kept as it was put, and nothing is done with it.
 */

import { notAllowed } from '../../src/answers/errors.ts'
import { MAX_DOCUMENT_BYTES } from '../../src/cors/configuration.ts'
import { hasErrors } from '../../src/cors/findings.ts'
import { readXml } from '../../src/formats/xml.ts'
import { readDocument } from './body.ts'
import type { Call } from './call.ts'
import { COS, isError, MALFORMED_XML, NO_SUCH_CORS, refuse } from './errors.ts'
import { CORS } from './storage.ts'

/** COS "PUT Bucket cors". */
export const putCors = async ({ request, objects }: Call): Promise<Response> => {
  const text = await readDocument(request, MAX_DOCUMENT_BYTES)
  if (isError(text)) return refuse(request, text)
  if (hasErrors(readXml(text).findings)) return refuse(request, MALFORMED_XML)
  await objects.put(CORS, text)
  return new Response(null)
}

/** COS "GET Bucket cors". */
export const getCors = async ({ request, objects }: Call): Promise<Response> => {
  const document = await objects.get(CORS)
  if (!document) return refuse(request, NO_SUCH_CORS)
  return new Response(await document.text(), { headers: { 'content-type': 'application/xml' } })
}

/** COS "DELETE Bucket cors". */
export const deleteCors = async ({ objects }: Call): Promise<Response> => {
  await objects.delete(CORS)
  return new Response(null, { status: 204 })
}

/** COS "OPTIONS Object": answering preflights is the edge's work, so every one that arrives here is refused. */
export const refusePreflight = (request: Request): Response =>
  refuse(
    request,
    notAllowed(COS, { url: request.url, method: request.headers.get('access-control-request-method') }),
  )
