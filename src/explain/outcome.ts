/**
 * @module
 * The outcome of a request that a page's script makes: what the browser asks, what the edge answers, and whether the
 * browser accepts the answer. The edge's answers come from the Worker's own code.
 */

import { decorate } from '../answers/actual.ts'
import { errorResponse } from '../answers/error-xml.ts'
import { methodNotAllowed, notAllowed } from '../answers/errors.ts'
import { answerPreflight } from '../answers/preflight.ts'
import type { Configuration } from '../cors/configuration.ts'
import { type Decision, decide } from '../cors/decide.ts'
import { type Dialect, type DialectName, dialectOf } from '../cors/dialect.ts'
import { compile, hydrate, type ReadyPolicy } from '../cors/policy.ts'
import type { CorsRequest } from '../cors/request.ts'
import {
  type Browser,
  type BrowserVerdict,
  type CorsAnswer,
  corsCheck,
  judgePreflight,
  remembers,
  type ScriptRequest,
  whyPreflight,
} from './browser.ts'
import { type Explanation, explain } from './explain.ts'
import { SAFELISTED_RESPONSE_HEADERS } from './header-names.ts'
import { askedNames } from './safelist.ts'

/** Marks, within this file, a response that is the bucket's. */
const FROM_BUCKET = 'x-from-bucket'

/**
 * A script's request, and which part of it the answer is wanted for: its preflight or the request itself. Its header
 * names may be in any case.
 */
export interface RequestToExplain extends ScriptRequest {
  /** The request itself, not its preflight. */
  readonly actual: boolean
}

/** How the edge is set for the host that is asked. */
export interface Asked {
  readonly configuration: Configuration
  readonly dialect: DialectName
  readonly unmatched: 'refuse' | 'forward'
  readonly url: string
  /** CREDENTIALS of the host; true by default. */
  readonly credentials?: boolean
  /** METHODS of the host; all by default. */
  readonly methods?: readonly string[]
}

/** An answer with its ids, which are others each time, left out. */
export interface Answer {
  /** null: the bucket's own; the headers are those that the edge adds to it. */
  readonly status: number | null
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Outcome {
  readonly question: RequestToExplain
  /** What the rules are asked. */
  readonly facts: CorsRequest
  /** Headers that no preflight names, because they need no permission or can't be set. */
  readonly unasked: readonly string[]
  /** Headers that a preflight names only with rare values; the rules are not asked about them. */
  readonly unlikely: readonly string[]
  /** Response headers that the script reads and the answer does not expose. */
  readonly unreadable: readonly string[]
  readonly explanation: Explanation
  readonly answer: Answer
  readonly browser: {
    /** Why it sends a preflight; null if it sends none. */
    readonly asks: string | null
    /** Whether it accepts the answer: the preflight's, or the actual one where there is no preflight. */
    readonly verdict: BrowserVerdict
    /** For how many seconds it sends no other preflight; null if it never remembers one. */
    readonly remembers: Readonly<Record<Browser, number>> | null
  }
  /** False if METHODS does not list the method: the edge answers the request itself, with 405. */
  readonly passedOn: boolean
  /** The rules allow it, the browser goes on, and the edge passes it on. */
  readonly allowed: boolean
}

/**
 * Returns what the edge answers to a request, and what a browser does with the answer (Fetch standard).
 *
 * @example
 * const asked = { configuration, dialect: 'cos', unmatched: 'refuse', url: 'https://files.example.com/a' } as const
 * const request = { origin: 'https://app.example.com', method: 'PUT', headers: [], credentials: false, actual: false }
 * (await outcomeOf(asked, request)).allowed
 */
export async function outcomeOf(asked: Asked, question: RequestToExplain): Promise<Outcome> {
  const { configuration, dialect: name, url } = asked
  const dialect = dialectOf(name)
  const policy = policyOf(configuration, name, asked.credentials)
  const passedOn = asked.methods?.includes(question.method) ?? true
  const { origin, method, credentials, actual, upload = false, reads = [] } = question
  const { names, maybe, unasked, unlikely } = namesOf(question)
  const facts: CorsRequest = {
    origin,
    method,
    requestedHeaders: names.length === 0 ? null : names.join(','),
  }
  const script: ScriptRequest = { origin, method, headers: names, credentials }

  const decision = decide(policy, facts)
  const [response, preflight] = await Promise.all([
    answerOf(
      actualAnswer(asked, dialect, decide(policy, { origin, method, requestedHeaders: null }), question),
      dialect,
    ),
    answerOf(answerPreflight(dialect, decision, { ...facts, url }, false), dialect),
  ])

  const asks = actual ? null : whyPreflight({ method, headers: names, maybe, upload })
  const first = asks === null ? null : judgePreflight(script, received(preflight))
  const second = corsCheck(script, received(response))
  const unreadable = unreadableOf(reads, response)
  return {
    question,
    facts,
    unasked,
    unlikely,
    unreadable,
    explanation: explain(configuration, facts),
    answer: actual ? response : preflight,
    browser: {
      asks,
      verdict: first === null || (first.goesOn && !second.goesOn) ? second : first,
      remembers: first?.goesOn ? remembers(received(preflight)) : null,
    },
    passedOn,
    allowed:
      decision.outcome === 'allowed' &&
      first?.goesOn !== false &&
      second.goesOn &&
      unreadable.length === 0 &&
      passedOn,
  }
}

/** The names that a preflight asks for, and the others. An actual request asks for nothing. */
function namesOf({ headers, values, asked = [], actual }: RequestToExplain) {
  if (actual) return { names: [], maybe: [], unasked: [], unlikely: [] }
  const sure = new Set(asked.map(name => name.toLowerCase()))
  const lower = [...new Set([...headers.map(name => name.toLowerCase()), ...sure])]
  const kinds = askedNames(lower.map(name => ({ name, value: values?.[name] ?? null })))
  const isSure = (name: string) => sure.has(name)
  const others = (list: readonly string[]) => list.filter(name => !isSure(name))
  const [unasked, unlikely] = [others(kinds.unasked), others(kinds.unlikely)]
  const left = new Set([...unasked, ...unlikely])
  return { names: lower.filter(name => !left.has(name)), maybe: others(kinds.maybe), unasked, unlikely }
}

/** The response headers that a script does not get to see. */
function unreadableOf(reads: readonly string[], { headers }: Answer): string[] {
  const exposed = (headers['access-control-expose-headers'] ?? '')
    .split(',')
    .map(name => name.trim().toLowerCase())
  return reads.filter(
    name => !exposed.includes(name.toLowerCase()) && !SAFELISTED_RESPONSE_HEADERS.has(name.toLowerCase()),
  )
}

/** A configuration is asked again and again while a person writes the request: it is made ready once. */
const ready = new WeakMap<Configuration, Map<string, ReadyPolicy>>()

function policyOf(configuration: Configuration, dialect: DialectName, credentials = true): ReadyPolicy {
  const policies = ready.get(configuration) ?? new Map<string, ReadyPolicy>()
  ready.set(configuration, policies)
  const key = `${dialect} ${credentials}`
  const policy = policies.get(key) ?? hydrate(compile(configuration, dialect), credentials)
  policies.set(key, policy)
  return policy
}

/** The answer as a browser sees it. The bucket's own status makes no difference to CORS. */
const received = ({ status, headers }: Answer): CorsAnswer => ({ status: status ?? 200, headers })

/** The edge's own refusal; or the bucket's response, marked as such, with what the edge adds to it. */
function actualAnswer(
  { unmatched, url, methods }: Asked,
  dialect: Dialect,
  decision: Decision,
  { origin, method }: RequestToExplain,
): Response {
  // Without Access-Control-Request-Method it is not a preflight; the edge answers every OPTIONS itself.
  if (method === 'OPTIONS')
    return answerPreflight(dialect, decision, { url, origin, method: null, requestedHeaders: null }, false)
  if (methods?.includes(method) === false) {
    const refusal = errorResponse(dialect, methodNotAllowed({ url, method }), url, method === 'HEAD')
    refusal.headers.set('allow', methods.join(', '))
    return decorate(refusal, { dialect, decision, origin })
  }
  const refuses = decision.outcome === 'refused' && unmatched === 'refuse'
  const response = refuses
    ? errorResponse(dialect, notAllowed(dialect, { url, method }), url, method === 'HEAD')
    : new Response(null, { headers: { [FROM_BUCKET]: '' } })
  return decorate(response, { dialect, decision, origin })
}

async function answerOf(response: Response, dialect: Dialect): Promise<Answer> {
  const headers = Object.fromEntries(response.headers)
  // An empty body costs a browser a turn of its own, too.
  let body = response.body === null ? '' : await response.text()
  for (const name of [dialect.requestIdHeader, dialect.traceIdHeader]) {
    const id = headers[name]
    if (id === undefined) continue
    headers[name] = '…'
    body = body.replaceAll(id, '…')
  }
  const { [FROM_BUCKET]: fromBucket, ...rest } = headers
  return { status: fromBucket === undefined ? response.status : null, headers: rest, body }
}
