/**
 * @module
 * Which client a request comes from, by the headers that its preflight asks for.
 */

import type { Client, ClientOperation } from './client.ts'
import { CLIENTS } from './clients.ts'

/** A recorded request that a preflight looks like. */
export interface Recognised {
  readonly client: Client
  readonly operation: ClientOperation
  /** Names that the recorded request asks for, and the preflight at hand does not. */
  readonly others: readonly string[]
}

/** The clients that ask for a name. */
const USERS: ReadonlyMap<string, ReadonlySet<string>> = users()

/**
 * Returns the recorded request that a preflight looks like, or null. It has the method, asks for every name of the
 * preflight, and one of these names is asked for by one client only. Of several, the one that asks for the fewest others.
 *
 * @param headers the requested names, in any case
 */
export function recognise(method: string, headers: readonly string[]): Recognised | null {
  const names = headers.map(name => name.toLowerCase())
  const telling = names.find(name => USERS.get(name)?.size === 1)
  const id = telling === undefined ? undefined : [...(USERS.get(telling) ?? [])][0]
  const client = CLIENTS.find(each => each.id === id)
  if (client === undefined) return null
  const found = client.operations.flatMap(operation =>
    operation.requests
      .filter(request => request.method === method && names.every(name => request.headers.includes(name)))
      .map(request => ({ client, operation, others: request.headers.filter(name => !names.includes(name)) })),
  )
  return found.sort((one, other) => one.others.length - other.others.length)[0] ?? null
}

function users(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  for (const { id, operations } of CLIENTS)
    for (const name of operations.flatMap(({ requests }) => requests.flatMap(({ headers }) => headers)))
      found.set(name, (found.get(name) ?? new Set()).add(id))
  return found
}
