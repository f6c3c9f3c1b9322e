/**
 * @module
 * The smallest rules with which clients do their work.
 */

import { type Configuration, METHODS } from '../cors/configuration.ts'
import type { Client } from './client.ts'

/** Seconds for which browsers keep a preflight: as long as Safari does, so a mistake is soon gone. */
const MAX_AGE_SECONDS = 600

/** What `starterRules` leaves out unless it is asked for it. */
export interface StarterOptions {
  /** Also exposes the headers without which an operation loses a result, but works. */
  readonly optional?: boolean
}

/**
 * Returns one rule that allows exactly the recorded requests of the clients from the origins, and exposes what their
 * operations cannot do without.
 *
 * @example
 * const client = clientOf('aws-sdk-v3')
 * if (client !== null) writeXml(starterRules([client], ['https://app.example.com']))
 */
export function starterRules(
  clients: readonly Client[],
  origins: readonly string[],
  { optional = false }: StarterOptions = {},
): Configuration {
  const operations = clients.flatMap(client => client.operations)
  const requests = operations.flatMap(operation => operation.requests)
  const reads = operations.flatMap(operation => operation.reads)
  const sorted = (names: readonly string[]) => [...new Set(names)].sort()
  return {
    rules: [
      {
        id: null,
        allowedOrigins: [...new Set(origins)],
        allowedMethods: METHODS.filter(method => requests.some(request => request.method === method)),
        allowedHeaders: sorted(requests.flatMap(({ headers }) => headers)),
        exposeHeaders: sorted(
          reads.filter(({ need }) => optional || need === 'required').map(({ header }) => header),
        ),
        maxAgeSeconds: MAX_AGE_SECONDS,
      },
    ],
    responseVary: false,
  }
}
