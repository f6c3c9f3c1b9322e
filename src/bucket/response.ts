/**
 * @module
 * The bucket's response as the client gets it, before the edge adds its CORS headers.
 */

import { dropHopByHop } from './hop-by-hop.ts'

/** Never sent to the client. Every other header arrives unchanged. */
const DROPPED = [
  // RFC 9110 11.7.1 and 11.7.3: addressed to the edge, which is the bucket's client.
  'proxy-authenticate',
  'proxy-authentication-info',
  // RFC 7838 2: an alternative for the bucket's host. It does not serve the edge's host.
  'alt-svc',
]

/** Returns a mutable copy of the upstream response, without the headers that are not for the client. */
export function clientResponse(upstream: Response): Response {
  const response = new Response(upstream.body, upstream)
  const headers = response.headers
  dropHopByHop(headers)
  for (const name of DROPPED) headers.delete(name)
  return response
}
