/**
 * @module
 * What a configuration lacks for a client: a method, a requested header, an exposed header.
 */

import type { Configuration, Rule } from '../cors/configuration.ts'
import { Collector, type Finding } from '../cors/findings.ts'
import { matchesPattern } from '../cors/pattern.ts'
import type { Client, ClientOperation, ClientRequest } from './client.ts'

type Kind = 'method' | 'header' | 'expose' | 'expose-optional'

/** One entry that a rule lacks, and the operations that need it. */
interface Lack {
  readonly rule: number
  readonly kind: Kind
  readonly value: string
  readonly operations: Set<string>
  /** What happens without a header that is read. */
  readonly without: string
}

/**
 * Returns a finding for every entry that a client needs and the rules lack, for each kind of origin that they allow: an
 * error where an operation fails without it, a warning where the operation loses a result. A rule is named by its place,
 * `CORSRule[2]`; of several rules for an origin, the one that lacks least.
 */
export function missingFor({ rules }: Configuration, client: Client): Finding[] {
  const lacks = new Map<string, Lack>()
  const note = (
    rule: number,
    kind: Kind,
    value: string,
    { description }: ClientOperation,
    without = '',
  ): void => {
    const key = `${rule} ${kind} ${value}`
    const lack = lacks.get(key) ?? { rule, kind, value, operations: new Set(), without }
    lack.operations.add(description)
    lacks.set(key, lack)
  }
  for (const origin of sampleOrigins(rules))
    for (const operation of client.operations)
      for (const request of operation.requests) {
        const rule = answeringRule(rules, origin, request)
        if (rule === null) continue
        const { method, headers } = lackOf(rule.rule, request)
        if (method) note(rule.at, 'method', request.method, operation)
        for (const header of headers) note(rule.at, 'header', header, operation)
        for (const { header, methods, need, without } of operation.reads)
          if (methods.includes(request.method) && !exposes(rule.rule, header))
            note(rule.at, need === 'required' ? 'expose' : 'expose-optional', header, operation, without)
      }
  return [...inOrder(lacks.values())].flatMap(lack => findingOf(client, lack))
}

/** One origin of each kind that the rules allow. */
const sampleOrigins = (rules: readonly Rule[]): Set<string> =>
  new Set(
    rules.flatMap(({ allowedOrigins }) =>
      allowedOrigins.map(pattern => (pattern === '*' ? 'https://page.example' : pattern.replace('*', 'x'))),
    ),
  )

/** The first rule that allows a request; else, of the rules for its origin, the one that lacks least. */
function answeringRule(
  rules: readonly Rule[],
  origin: string,
  request: ClientRequest,
): { at: number; rule: Rule } | null {
  let best: { at: number; rule: Rule; lacks: number } | null = null
  rules.forEach((rule, at) => {
    if (!rule.allowedOrigins.some(pattern => matchesPattern(pattern, origin))) return
    const { method, headers } = lackOf(rule, request)
    const lacks = (method ? 100 : 0) + headers.length
    if (best === null || lacks < best.lacks) best = { at, rule, lacks }
  })
  return best
}

/** What a rule lacks for a request. The names of a request without a preflight are not checked. */
function lackOf(rule: Rule, { method, headers }: ClientRequest): { method: boolean; headers: string[] } {
  const patterns = rule.allowedHeaders.map(name => name.toLowerCase())
  return {
    method: !rule.allowedMethods.includes(method),
    headers: headers.filter(name => !patterns.some(pattern => matchesPattern(pattern, name))),
  }
}

const exposes = ({ exposeHeaders }: Rule, header: string): boolean =>
  exposeHeaders.some(name => name.toLowerCase() === header)

const KINDS: readonly Kind[] = ['method', 'header', 'expose', 'expose-optional']

const inOrder = (lacks: Iterable<Lack>): Lack[] =>
  [...lacks].sort(
    (one, other) =>
      one.rule - other.rule ||
      KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind) ||
      (one.value < other.value ? -1 : 1),
  )

function findingOf({ title, version }: Client, { rule, kind, value, operations, without }: Lack): Finding[] {
  const collector = new Collector(kind === 'expose-optional' ? 'warning' : 'error')
  const path = `CORSRule[${rule + 1}]`
  const name = version === null ? title : `${title} ${version}`
  const calls = [...operations].join(', ')
  switch (kind) {
    case 'method':
      collector.add(
        'client-method-missing',
        path,
        value,
        `${name} sends ${value}: ${calls}.`,
        `Add the AllowedMethod ${value}.`,
      )
      break
    case 'header':
      collector.add(
        'client-header-missing',
        path,
        value,
        `${name} asks for ${value}: ${calls}.`,
        `Add the AllowedHeader ${value}.`,
      )
      break
    default:
      collector.add(
        'client-expose-missing',
        path,
        value,
        `${name} reads ${value}: ${calls}. Without it, it ${without}.`,
        `Add the ExposeHeader ${value}.`,
      )
  }
  return collector.list()
}
