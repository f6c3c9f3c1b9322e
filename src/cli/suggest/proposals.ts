/**
 * @module
 * What the current rules make of the requests that were refused: allowed by now, never to be allowed, or allowed with a
 * change. Requests that need the same change are one group.
 */

import { type Configuration, MAX_RULES } from '../../cors/configuration.ts'
import { quote } from '../../cors/findings.ts'
import type { CorsRequest } from '../../cors/request.ts'
import { isBrowserOrigin } from '../../explain/browser-origin.ts'
import { explain } from '../../explain/explain.ts'
import { type Change, type NoChange, type Step, smallestChange } from '../../explain/smallest-change.ts'
import { countOf, type RefusedRequest } from './refusals.ts'

export type ProposalVerdict =
  | { readonly kind: 'allowed'; readonly rule: number }
  | { readonly kind: 'impossible'; readonly reason: string }
  | { readonly kind: 'change'; readonly change: Change }

/** Requests of one origin and method for which the verdict is the same. */
export interface RefusalGroup {
  /** As it is named to --only: by frequency, from 1. */
  readonly number: number
  /** The most frequent first. */
  readonly requests: readonly RefusedRequest[]
  readonly verdict: ProposalVerdict
}

export const factsOf = ({ origin, method, names }: RefusedRequest): CorsRequest => ({
  origin,
  method,
  requestedHeaders: names.length === 0 ? null : names.join(','),
})

/** What a configuration makes of a request. */
export function judge(configuration: Configuration, request: RefusedRequest): ProposalVerdict {
  if (request.check === 'header-list')
    return impossible(`No rule can allow such a list of header names: ${quote(request.names[0] ?? '')}.`)
  const facts = factsOf(request)
  const { answeredBy } = explain(configuration, facts)
  if (answeredBy !== null) return { kind: 'allowed', rule: answeredBy + 1 }
  const hostile = whyHostile(request)
  if (hostile !== null) return impossible(hostile)
  const change: Change | NoChange | null = smallestChange(configuration, facts)
  // Programmer error: no rule answers it.
  if (change === null) throw new Error('smallestChange() finds a request allowed that explain() does not')
  if ('impossible' in change) return impossible(change.impossible)
  if (change.configuration.rules.length > MAX_RULES) {
    return impossible(`It needs a rule of its own, and there are ${MAX_RULES}, the most that a bucket takes.`)
  }
  return { kind: 'change', change }
}

const impossible = (reason: string): ProposalVerdict => ({ kind: 'impossible', reason })

/** What no browser sends must not get into a rule, where a star would stand for others. Null: nothing is wrong. */
function whyHostile({ origin, names }: RefusedRequest): string | null {
  if (origin !== null && !isBrowserOrigin(origin)) return `No browser sends the origin ${quote(origin)}.`
  const starred = names.find(name => name.includes('*'))
  return starred === undefined ? null : `No script sends a header called ${quote(starred)}.`
}

/** Judges every request, and puts those together for which the same is to be done. The most frequent come first. */
export function groupsOf(configuration: Configuration, requests: readonly RefusedRequest[]): RefusalGroup[] {
  const groups = new Map<string, { requests: RefusedRequest[]; verdict: ProposalVerdict }>()
  for (const request of requests) {
    const verdict = judge(configuration, request)
    const key = JSON.stringify([request.origin, request.method, toBeDone(verdict)])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { requests: [request], verdict })
    else group.requests.push(request)
  }
  return [...groups.values()]
    .sort((a, b) => totalOf(b.requests) - totalOf(a.requests))
    .map((group, index) => ({ number: index + 1, ...group }))
}

const totalOf = (requests: readonly RefusedRequest[]): number =>
  requests.reduce((total, request) => total + countOf(request), 0)

function toBeDone(verdict: ProposalVerdict): unknown {
  if (verdict.kind !== 'change') return verdict
  const { steps, configuration } = verdict.change
  return steps.map((step: Step) => (step.kind === 'add-rule' ? configuration.rules[step.rule - 1] : step))
}

/** A group as one: how often, when, and what was asked. */
export interface Summary {
  readonly count: number
  readonly preflights: number
  readonly actual: number
  /** Of the actual ones, those that were passed on without CORS headers. */
  readonly forwarded: number
  readonly origin: string | null
  readonly method: string | null
  /** All the names that were asked for. */
  readonly names: readonly string[]
  readonly isCut: boolean
  /** Of the most frequent request. */
  readonly check: string | null
  readonly header: string | null
  readonly first: number | null
  readonly last: number | null
  readonly hosts: readonly string[]
  readonly revisions: readonly string[]
}

export function summarize({ requests }: RefusalGroup): Summary {
  const [most] = requests
  const times = (which: 'first' | 'last') => requests.flatMap(request => request[which] ?? [])
  const sum = (which: 'preflights' | 'actual' | 'forwarded') =>
    Math.round(requests.reduce((total, request) => total + request[which], 0))
  const [firsts, lasts] = [times('first'), times('last')]
  return {
    count: totalOf(requests),
    preflights: sum('preflights'),
    actual: sum('actual'),
    forwarded: sum('forwarded'),
    origin: most?.origin ?? null,
    method: most?.method ?? null,
    names: [...new Set(requests.flatMap(({ names }) => names))].sort(),
    isCut: requests.some(({ isCut }) => isCut),
    check: most?.check ?? null,
    header: most?.header ?? null,
    first: least(firsts, Math.min),
    last: least(lasts, Math.max),
    hosts: [...new Set(requests.map(({ host }) => host))],
    revisions: [...new Set(requests.flatMap(({ revisions }) => [...revisions]))],
  }
}

const least = (times: readonly number[], of: (a: number, b: number) => number): number | null =>
  times.length === 0 ? null : times.reduce((a, b) => of(a, b))
