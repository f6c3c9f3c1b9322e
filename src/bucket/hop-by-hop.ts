/**
 * @module
 * Hop-by-hop header fields: they end at the edge, in requests and in responses.
 */

import { isToken } from '../cors/token.ts'

/** RFC 9110 7.6.1. `Keep-Alive` and `Proxy-Connection` are named here, because old senders do not list them. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  // RFC 9110 6.6.2: announces trailers. The runtime does not pass trailers on.
  'trailer',
  // RFC 9112 6.1: the framing of this connection. The runtime sets it again for the next.
  'transfer-encoding',
  'upgrade',
]

/** The most options that are read from one Connection header. Senders name one or two. */
const MAX_CONNECTION_OPTIONS = 32
/** The longest such option, in characters. */
const MAX_OPTION = 256

/**
 * Headers that a Connection header must not remove (RFC 9110 7.6.1): without them, a message would have another
 * meaning. `if-`, `content-` and the vendors' headers are conditions, lengths, hashes and rights.
 */
const END_TO_END =
  /^(?:authorization|cache-control|cookie|date|etag|expires|host|origin|pragma|range|set-cookie|vary|(?:if|content|x-(?:amz|cos|ci|oss|goog|obs))-.*)$/

/** Removes the hop-by-hop fields, and the fields that the Connection header names. */
export function dropHopByHop(headers: Headers): void {
  const connection = headers.get('connection')
  if (connection !== null) {
    for (const option of connection.split(',', MAX_CONNECTION_OPTIONS)) {
      const name = option.trim().toLowerCase()
      // `delete` throws for an invalid field name (RFC 9110 5.1).
      if (name.length <= MAX_OPTION && isToken(name) && !END_TO_END.test(name)) headers.delete(name)
    }
  }
  for (const name of HOP_BY_HOP) headers.delete(name)
}
