/**
 * @module
 * PUT, GET and DELETE Bucket cors, which store the document as it was sent; and OPTIONS Object, answered from it.
 */

import { answerPreflight } from '../../src/answers/preflight.ts'
import { MAX_DOCUMENT_BYTES, NO_CONFIGURATION } from '../../src/cors/configuration.ts'
import { decide } from '../../src/cors/decide.ts'
import { hasErrors } from '../../src/cors/findings.ts'
import { compile, hydrate } from '../../src/cors/policy.ts'
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

/** COS "OPTIONS Object". The edge never sends it while it has rules. */
export const answerOptions = async (request: Request, objects: R2Bucket): Promise<Response> => {
  const document = await objects.get(CORS)
  const configuration = document === null ? null : readXml(await document.text()).configuration
  const policy = hydrate(compile(configuration ?? NO_CONFIGURATION, COS.name))
  const { url, headers } = request
  const asked = {
    url,
    origin: headers.get('origin'),
    method: headers.get('access-control-request-method'),
    requestedHeaders: headers.get('access-control-request-headers'),
  }
  return answerPreflight(COS, decide(policy, asked), asked, false)
}
