/**
 * @module
 * The bucket's response as the client gets it, before the edge's CORS headers are put on it.
 */

import { dropHopByHop } from './hop-by-hop.ts'

/** Dropped on the way to the client. Everything else arrives as the bucket has sent it. */
const DROPPED = [
  // RFC 9110 11.7.1 and 11.7.3: for the edge as a client of the bucket.
  'proxy-authenticate',
  'proxy-authentication-info',
  // RFC 7838 2: where else the bucket's host can be had, which is not where the edge's can.
  'alt-svc',
]

/** A copy of the upstream's response that the edge can write to, without what is not for the client. */
export function clientResponse(upstream: Response): Response {
  const response = new Response(upstream.body, upstream)
  const headers = response.headers
  dropHopByHop(headers)
  for (const name of DROPPED) headers.delete(name)
  return response
}
