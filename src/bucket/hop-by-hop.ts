/**
 * @module
 * Header fields that are for one connection only and end at the edge, on the way up and on the way down.
 */

import { isToken } from '../cors/token.ts'

/** RFC 9110 7.6.1; `Keep-Alive` and `Proxy-Connection` by name, since old senders do not list them. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  // RFC 9110 6.6.2: announces trailers, which the runtime does not pass on.
  'trailer',
  // RFC 9112 6.1: the framing of this connection, which the runtime sets anew for the next.
  'transfer-encoding',
  'upgrade',
]

/** Options of one Connection header that are looked at; senders name one or two. */
const MAX_CONNECTION_OPTIONS = 32
/** Characters of one of them. */
const MAX_OPTION = 256

/**
 * What a Connection header must not take away (RFC 9110 7.6.1): it would change what a message asks, proves or holds.
 * `if-`, `content-` and those of the vendors are conditions, lengths, hashes and rights.
 */
const END_TO_END =
  /^(?:authorization|cache-control|cookie|date|etag|expires|host|origin|pragma|range|set-cookie|vary|(?:if|content|x-(?:amz|cos|ci|oss|goog|obs))-.*)$/

/** Removes the fields of this connection, and those that its Connection header names. */
export function dropHopByHop(headers: Headers): void {
  const connection = headers.get('connection')
  if (connection !== null) {
    for (const option of connection.split(',', MAX_CONNECTION_OPTIONS)) {
      const name = option.trim().toLowerCase()
      // What is no field name (RFC 9110 5.1), `delete` throws for.
      if (name.length <= MAX_OPTION && isToken(name) && !END_TO_END.test(name)) headers.delete(name)
    }
  }
  for (const name of HOP_BY_HOP) headers.delete(name)
}
