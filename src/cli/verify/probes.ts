/**
 * @module
 * Derives requests that two servers with different rules answer differently: each rule, each boundary of its conditions,
 * each near miss, and hostile requests. No request changes anything.
 */

import { type Configuration, METHODS, type Rule } from '../../cors/configuration.ts'

export interface Probe {
  readonly kind: 'preflight' | 'actual'
  /** OPTIONS, or GET or HEAD of one object. */
  readonly method: 'OPTIONS' | 'GET' | 'HEAD'
  /** Path and query, exactly as sent. */
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** What the probe tests, for people: `rule 2: another scheme`. */
  readonly about: string
}

export interface Probes {
  readonly probes: readonly Probe[]
  /** Number of probes above the limit. */
  readonly leftOut: number
}

export interface ProbeOptions {
  /** An existing object, for GET and HEAD. null for preflights only. */
  readonly key: string | null
  /** Probes above this limit are only counted. */
  readonly max: number
}

/** The key in preflights if no object is named. It need not exist. */
const UNNAMED_KEY = 'edge-preflight-verify'
/** The origin for a pattern or a rule that allows any. */
const ANY_ORIGIN = 'https://anyone.example'
const STRANGER = 'https://stranger.example'
const ANY_HEADER = 'x-any-header'
const UNKNOWN_HEADER = 'x-not-in-any-rule'
/** Values that a header line can carry unchanged. A client cannot send any other origin. */
const SENDABLE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
const MAX_SENDABLE = 4096

type ProbeFacts = Readonly<{ origin?: string; method?: string; headers?: string }>

/** Derives the probes of a configuration: unique, simplest first. */
export function deriveProbes(configuration: Configuration, { key, max }: ProbeOptions): Probes {
  const path = `/${(key ?? UNNAMED_KEY).split('/').map(encodeURIComponent).join('/')}`
  const probes: Probe[] = []
  const known = new Set<string>()
  for (const probe of allProbes(configuration, path, key !== null)) {
    const sent = JSON.stringify([probe.method, probe.path, probe.headers])
    if (known.has(sent) || !probe.headers.every(([, value]) => isSendable(value))) continue
    known.add(sent)
    if (probes.length < max) probes.push(probe)
  }
  return { probes, leftOut: known.size - probes.length }
}

const isSendable = (value: string): boolean => value.length <= MAX_SENDABLE && SENDABLE.test(value)

function* allProbes(configuration: Configuration, path: string, withKey: boolean): Generator<Probe> {
  const rules = configuration.rules.map((rule, i) => ({ rule, name: `rule ${i + 1}` }))
  for (const { rule, name } of rules) yield* conditionProbes(rule, name, path)
  yield* hostileProbes(configuration.rules[0], path)
  for (const { rule, name } of rules) yield* headerProbes(rule, name, path)
  for (const { rule, name } of rules) yield* nearMissProbes(rule, name, path)
  if (withKey) yield* actualProbes(configuration, path)
}

const preflight = (path: string, { origin, method, headers }: ProbeFacts, about: string): Probe => ({
  kind: 'preflight',
  method: 'OPTIONS',
  path,
  headers: [
    ...(origin === undefined ? [] : [['Origin', origin] as const]),
    ...(method === undefined ? [] : [['Access-Control-Request-Method', method] as const]),
    ...(headers === undefined ? [] : [['Access-Control-Request-Headers', headers] as const]),
  ],
  about,
})

/** Returns an origin and a method that represent a rule. */
const baseOf = (rule: Rule | undefined): { origin: string; method: string } => ({
  origin: rule?.allowedOrigins.flatMap(matching).find(isSendable) ?? ANY_ORIGIN,
  method: rule?.allowedMethods[0] ?? 'GET',
})

/** Each origin and method of a rule, and each method that it does not allow. */
function* conditionProbes(rule: Rule, name: string, path: string): Generator<Probe> {
  const { origin, method } = baseOf(rule)
  for (const pattern of rule.allowedOrigins)
    for (const each of matching(pattern))
      yield preflight(path, { origin: each, method }, `${name}: ${pattern}`)
  for (const each of METHODS) {
    const allows = rule.allowedMethods.includes(each)
    yield preflight(path, { origin, method: each }, `${name}: ${each} ${allows ? 'allowed' : 'not allowed'}`)
  }
}

/** Each header of a rule, alone, together and in other spellings; and one that it does not allow. */
function* headerProbes(rule: Rule, name: string, path: string): Generator<Probe> {
  const base = baseOf(rule)
  const ask = (headers: string, about: string) => preflight(path, { ...base, headers }, `${name}: ${about}`)
  const names = rule.allowedHeaders.flatMap(pattern => matchingNames(pattern))
  for (const each of names) yield ask(each, `header ${each}`)
  for (const pattern of rule.allowedHeaders)
    for (const each of namesBeside(pattern)) yield ask(each, `near miss of header ${pattern}`)
  yield ask(UNKNOWN_HEADER, 'a header not allowed')
  if (names.length === 0) return
  const list = names.slice(0, 32)
  yield ask(list.join(','), 'all its headers')
  yield ask(list.toReversed().join(','), 'its headers in another order')
  yield ask(list.join(', ').toUpperCase(), 'its headers in upper case')
  yield ask([...list, UNKNOWN_HEADER].join(','), 'its headers and one not allowed')
  yield ask(`${list[0]},${list[0]}`, 'a header twice')
  yield ask(`,${list.join(',,')},`, 'empty items between its headers')
  yield ask(list.join(' , '), 'white space around its headers')
}

/** Near misses of each origin of a rule. */
function* nearMissProbes(rule: Rule, name: string, path: string): Generator<Probe> {
  const { method } = baseOf(rule)
  for (const pattern of rule.allowedOrigins) {
    for (const [about, origin] of originsBeside(pattern))
      yield preflight(path, { origin, method }, `${name}: ${about} of ${pattern}`)
  }
}

/** Requests of a hostile client, and of an origin that no rule names. */
function* hostileProbes(rule: Rule | undefined, path: string): Generator<Probe> {
  const base = baseOf(rule)
  const { origin, method } = base
  const ask = (facts: ProbeFacts, about: string, at = path) => preflight(at, facts, about)
  yield ask({ origin: STRANGER, method }, "a stranger's origin")
  yield ask({ origin: 'null', method }, 'the origin null')
  yield ask({ method }, 'no origin')
  yield ask({ origin }, 'no request method')
  yield ask({}, 'no preflight at all')
  yield ask({ origin: `${origin}, ${STRANGER}`, method }, 'two origins in one')
  yield ask({ origin: '*', method }, 'the origin *')
  yield ask({ origin: `https://${'a'.repeat(3000)}.example`, method }, 'an origin of 3000 characters')
  for (const each of ['PATCH', 'OPTIONS', 'get', 'GET, PUT', '<script>', 'M'.repeat(64)])
    yield ask({ origin, method: each }, `the request method ${each.slice(0, 16)}`)
  for (const [headers, about] of [
    ['*', 'the header *'],
    [',,,', 'a list of commas'],
    ['a b', 'a header name with a space'],
    ['x-a:1', 'a header with its value'],
    ['authorization', 'authorization'],
    [Array.from({ length: 65 }, (_, i) => `x-${i}`).join(','), '65 headers'],
    ['x'.repeat(300), 'a header name of 300 characters'],
  ] as const)
    yield ask({ ...base, headers }, about)
  yield ask(base, 'the bucket itself', '/')
  yield ask({ ...base, method: 'PUT' }, 'a part of the bucket', '/?lifecycle')
  yield ask(base, 'a query', `${path}?a=%20b&x-cos-acl=1`)
}

/** GET and HEAD of the object: with an allowed origin, a refused origin, and without Origin. */
function* actualProbes(configuration: Configuration, path: string): Generator<Probe> {
  const ask = (method: 'GET' | 'HEAD', about: string, headers: Probe['headers']): Probe => ({
    kind: 'actual',
    method,
    path,
    headers,
    about,
  })
  for (const method of ['GET', 'HEAD'] as const) {
    yield ask(method, 'no origin', [])
    yield ask(method, "a stranger's origin", [['Origin', STRANGER]])
    yield ask(method, 'the origin null', [['Origin', 'null']])
  }
  for (const [i, rule] of configuration.rules.entries()) {
    const { origin } = baseOf(rule)
    const name = `rule ${i + 1}`
    yield ask('GET', name, [['Origin', origin]])
    yield ask('HEAD', name, [['Origin', origin]])
    yield ask('GET', `${name}: with a request method`, [
      ['Origin', origin],
      ['Access-Control-Request-Method', 'PUT'],
    ])
    for (const pattern of rule.allowedOrigins) {
      const [near] = originsBeside(pattern)
      if (near !== undefined) yield ask('GET', `${name}: ${near[0]} of ${pattern}`, [['Origin', near[1]]])
    }
  }
}

/** Origins that a pattern matches, its boundary included: `*` also stands for an empty string. */
function matching(pattern: string): string[] {
  if (pattern === '*') return [ANY_ORIGIN, 'http://localhost:3000']
  if (!pattern.includes('*')) return [pattern]
  // A browser sends no other port than a number.
  const fills = pattern.endsWith(':*') ? ['3000', ''] : ['x', '', 'a.b']
  return fills.map(fill => pattern.replace('*', fill))
}

/** Near misses of a pattern, each with a description. Another pattern of the rules may match them. */
function originsBeside(pattern: string): [about: string, origin: string][] {
  if (pattern === '*' || pattern === '') return []
  const [like = pattern] = matching(pattern)
  const scheme = like.startsWith('https:') ? 'http:' : 'https:'
  const beside: [string, string][] = [
    ['another scheme', like.replace(/^[a-z]+:/i, scheme)],
    ['upper case', like.toUpperCase()],
    ['a slash after', `${like}/`],
    ['a port after', `${like}:8443`],
    ['a domain after', `${like}.${new URL(STRANGER).hostname}`],
    ['letters before the host', like.replace('://', '://evil')],
    ['a subdomain', like.replace('://', '://sub.')],
    ['a user', like.replace('://', '://user@')],
    ['one letter less', like.slice(0, -1)],
    ['another letter for a dot', like.replace(/\.(?=[^.]*$)/, 'x')],
  ]
  const star = pattern.indexOf('*')
  if (star >= 0) {
    const [prefix, suffix] = [pattern.slice(0, star), pattern.slice(star + 1)]
    beside.push(['an overlap', overlapped(prefix, suffix)], ['the star as a letter', pattern])
    beside.push(['a dot less', `${prefix}x${suffix.replace(/^\./, '')}`])
  }
  return beside.filter(([, origin]) => origin !== like && origin !== '')
}

/** Prefix and suffix with their overlap written once: `a.*.b` must not match `a.b`. */
function overlapped(prefix: string, suffix: string): string {
  for (let length = Math.min(prefix.length, suffix.length); length > 0; length--)
    if (prefix.endsWith(suffix.slice(0, length))) return prefix + suffix.slice(length)
  return ''
}

const matchingNames = (pattern: string): string[] => {
  if (pattern === '*') return [ANY_HEADER, 'authorization']
  return pattern.includes('*') ? ['x', ''].map(fill => pattern.replace('*', fill)) : [pattern]
}

const namesBeside = (pattern: string): string[] => {
  if (pattern === '*') return []
  const [name = pattern] = matchingNames(pattern)
  return [`${name}x`, `x${name}`, name.slice(0, -1)].filter(each => each !== '')
}
