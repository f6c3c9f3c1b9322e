/**
 * @module
 * What a log holds, counted: the refused requests, each different one once, and how many of everything else. As large as
 * its bounds, however long the log is.
 */

import type { LoggedRequest } from './logged-request.ts'

/** Different requests that are kept apart. */
export const MAX_REQUESTS = 10_000
/** Different texts of one kind (hosts, revisions) that are named. */
const MAX_NAMED = 20
/** The Worker ends with it what it has cut off. */
const CUT = '…'

/**
 * A request that was refused, and how often. Not a `CorsRequest`: equal requests are counted as one, whatever the order
 * of their header names, and a log can have cut the list.
 */
export interface RefusedRequest {
  readonly host: string
  readonly origin: string | null
  readonly method: string | null
  /** Access-Control-Request-Headers: sorted names, each once; of an unreadable list, its problem. */
  readonly names: readonly string[]
  /** The log has cut the list: there were more names. */
  readonly isCut: boolean
  /** The condition that no rule met, as the edge logged it; `no-rules`; null if the log does not say. */
  check: string | null
  /** The first name that no rule allowed, or the problem of the list. */
  header: string | null
  preflights: number
  actual: number
  /** Of the actual ones, those that were passed on without CORS headers. */
  forwarded: number
  /** In milliseconds since 1970; null: the log has no times. */
  first: number | null
  last: number | null
  /** Those that refused it. */
  readonly revisions: Set<string>
}

/** Which requests count. */
export interface Selection {
  /** null: of all hosts. */
  readonly host: string | null
  /** In milliseconds since 1970; null: from the beginning. */
  readonly since: number | null
}

export const countOf = ({ preflights, actual }: Pick<RefusedRequest, 'preflights' | 'actual'>): number =>
  Math.round(preflights + actual)

export class Refusals {
  readonly #selection: Selection
  readonly #requests = new Map<string, RefusedRequest>()
  allowed = 0
  refused = 0
  /** Preflights that the bucket answered, because no policy could be had: no rule has refused them. */
  withoutPolicy = 0
  earlier = 0
  /** Left out with `since`. */
  withoutTime = 0
  /** Refused ones that the log has left out itself. */
  unlogged = 0
  /** Refused ones that were forgotten: there were too many different ones. */
  forgotten = 0
  /** Host → refused requests of it that do not count here. */
  readonly otherHosts = new Map<string, number>()

  constructor(selection: Selection) {
    this.#selection = selection
  }

  add(request: LoggedRequest): void {
    const { outcome, weight, time } = request
    const { host, since } = this.#selection
    if (host !== null && request.host !== host) {
      if (outcome !== 'allowed') addTo(this.otherHosts, request.host, weight)
    } else if (since !== null && time === null) this.withoutTime += weight
    else if (since !== null && time !== null && time < since) this.earlier += weight
    else if (outcome === 'allowed') this.allowed += weight
    else if (outcome === 'forwarded' && request.event === 'preflight') this.withoutPolicy += weight
    else {
      this.refused += weight
      this.unlogged += request.leftOut
      this.#count(request)
    }
  }

  /** Every different request, the most frequent first. */
  list(): RefusedRequest[] {
    return [...this.#requests.values()].sort((a, b) => countOf(b) - countOf(a))
  }

  #count(logged: LoggedRequest): void {
    const { event, host, origin, method, time, weight } = logged
    const asked = namesOf(logged)
    const key = JSON.stringify([host, origin, method, asked])
    let request = this.#requests.get(key)
    if (request === undefined) {
      if (this.#requests.size >= MAX_REQUESTS) this.#forget()
      request = { host, origin, method, ...asked, ...NOTHING_YET, revisions: new Set() }
      this.#requests.set(key, request)
    }
    if (event === 'preflight') request.preflights += weight
    else request.actual += weight
    if (logged.outcome === 'forwarded') request.forwarded += weight
    // What the edge has said last holds: the rules may have changed.
    if (time === null || request.last === null || time >= request.last) {
      request.check = logged.outcome === 'no-rules' ? 'no-rules' : logged.check
      request.header = logged.header
    }
    if (time !== null) {
      request.first = Math.min(request.first ?? time, time)
      request.last = Math.max(request.last ?? time, time)
    }
    if (logged.revision !== null && request.revisions.size < MAX_NAMED) request.revisions.add(logged.revision)
  }

  /** Forgets the less frequent half: whoever sends each of many requests once must not push out the others. */
  #forget(): void {
    const byCount = [...this.#requests].sort(([, a], [, b]) => countOf(b) - countOf(a))
    for (const [key, request] of byCount.slice(MAX_REQUESTS / 2)) {
      this.forgotten += countOf(request)
      this.#requests.delete(key)
    }
  }
}

const NOTHING_YET = {
  check: null,
  header: null,
  preflights: 0,
  actual: 0,
  forwarded: 0,
  first: null,
  last: null,
} as const

/** The names asked for, of a request in which they matter: an actual one is judged without (but on S3). */
function namesOf({
  event,
  requestedHeaders: headers,
  check,
  header,
}: LoggedRequest): Pick<RefusedRequest, 'names' | 'isCut'> {
  const judged = event === 'preflight' || check === 'header' || check === 'header-list'
  if (!judged || headers === null) return { names: [], isCut: false }
  if (check === 'header-list') return { names: [header ?? ''], isCut: false }
  const isCut = headers.endsWith(CUT)
  const asked = headers.split(',').map(name => name.trim().toLowerCase())
  // The cut falls within the last name.
  const names = new Set(isCut ? asked.slice(0, -1) : asked)
  if (check === 'header' && header !== null && !header.endsWith(CUT)) names.add(header.toLowerCase())
  names.delete('')
  return { names: [...names].sort(), isCut }
}

/** Adds to one of at most {@link MAX_NAMED} counts; the others are counted together. */
function addTo(counts: Map<string, number>, name: string, weight: number): void {
  const key = counts.has(name) || counts.size < MAX_NAMED ? name : 'others'
  counts.set(key, (counts.get(key) ?? 0) + weight)
}
