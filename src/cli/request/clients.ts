/**
 * @module
 * Clients that the user names with --for.
 */

import type { Client } from '../../clients/client.ts'
import { CLIENTS, clientOf } from '../../clients/clients.ts'
import { quote } from '../../cors/findings.ts'
import { UserError } from '../user-error.ts'

/**
 * Reads `aws-sdk-v3,pmtiles`.
 *
 * @throws {UserError} if a client is unknown
 */
export function readClients(text: string): Client[] {
  const ids = text.split(',').map(id => id.trim())
  return [...new Set(ids)].map(id => {
    const client = clientOf(id)
    if (client !== null) return client
    const known = CLIENTS.map(each => each.id).join(', ')
    throw new UserError(`--for: "${quote(id)}" is not a recorded client. Recorded: ${known}.`)
  })
}
