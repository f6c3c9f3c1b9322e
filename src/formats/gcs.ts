/**
 * @module
 * Google Cloud Storage's JSON, of `gcloud storage buckets update --cors-file`: an array of
 * `{"origin":[…],"method":[…],"responseHeader":[…],"maxAgeSeconds":600}`, or a bucket's `{"cors":[…]}`.
 */

import { type Configuration, METHODS } from '../cors/configuration.ts'
import type { Reading } from '../cors/findings.ts'
import { type Advise, conclude, type Document } from './document.ts'
import { isObject, readJson, renamed } from './json.ts'
import { type Export, eachRule, knownMethods, Losses, plainExposed } from './losses.ts'
import { rulesOf } from './s3-json.ts'

const NAMES = { origin: 'AllowedOrigins', method: 'AllowedMethods', maxAgeSeconds: 'MaxAgeSeconds' } as const

/** Reads GCS's shape. Every mistake and every loss is a finding; nothing is thrown. */
export function readGcs(text: string, advise?: Advise): Reading {
  return conclude(readJson(text, documentOf), advise)
}

function documentOf(value: unknown): Document {
  const rules = isObject(value) && Object.hasOwn(value, 'cors') ? value.cors : value
  const losses = new Losses('Google Cloud Storage')
  const document = rulesOf(
    Array.isArray(rules) ? rules.map((rule, i) => toS3(rule, `CORSRule[${i + 1}]`, losses)) : rules,
  )
  if (document.written !== null) tellMatching(document.written.CORSRule.length, losses)
  return { ...document, findings: [...document.findings, ...losses.list()] }
}

function toS3(rule: unknown, path: string, losses: Losses): unknown {
  if (!isObject(rule)) return rule
  const { responseHeader, method, ...others } = rule
  const methods = Array.isArray(method)
    ? { AllowedMethods: knownMethods(everyMethod(method, path, losses), path, losses) }
    : Object.hasOwn(rule, 'method')
      ? { AllowedMethods: method }
      : {}
  if (!Object.hasOwn(rule, 'responseHeader')) return { ...renamed(others, NAMES), ...methods }
  const both = Array.isArray(responseHeader) && responseHeader.length > 0
  if (both) {
    losses.lost(
      'one-header-list',
      `${path}/ExposeHeader[1]`,
      responseHeader.join(', '),
      'The one responseHeader list stands for what may be requested and for what is exposed: both get it.',
      'Keep in AllowedHeader what requests send, and in ExposeHeader what scripts read.',
    )
  }
  return {
    ...renamed(others, NAMES),
    ...methods,
    AllowedHeaders: responseHeader,
    ExposeHeaders: both ? plainExposed(responseHeader, path, losses) : responseHeader,
  }
}

/** `*` stands for every method. */
function everyMethod(methods: readonly unknown[], path: string, losses: Losses): readonly unknown[] {
  if (!methods.includes('*')) return methods
  losses.lost(
    'method-star-lost',
    `${path}/AllowedMethod[${methods.indexOf('*') + 1}]`,
    '*',
    `A rule here has no * for methods: ${METHODS.join(', ')} are written.`,
    'Remove the methods that nobody needs.',
  )
  return METHODS
}

/** XML API, "Set Bucket CORS": the first entry that matches origin and method answers, whatever headers are asked for. */
function tellMatching(rules: number, losses: Losses): void {
  if (rules < 2) return
  losses.lost(
    'match-differs',
    '',
    '',
    'Google Cloud Storage picks the first rule by origin and method alone; here the requested headers decide, too.',
    'Give rules that share an origin and a method the same headers, or merge them.',
  )
}

/** Writes GCS's shape: a bare array, as gcloud takes it. */
export function writeGcs(configuration: Configuration): Export {
  const losses = new Losses('Google Cloud Storage')
  const kept = eachRule(losses.withoutIds(losses.withoutResponseVary(configuration), 0), (rule, path) => {
    tellHeaders(rule.allowedHeaders, rule.exposeHeaders, path, losses)
    rule.allowedOrigins.forEach((origin, i) => {
      if (origin === '*' || !origin.includes('*')) return
      losses.lost(
        'origin-pattern-undocumented',
        `${path}/AllowedOrigin[${i + 1}]`,
        origin,
        'Google Cloud Storage documents * alone and whole origins, so this pattern may match nothing there.',
        'List the origins one by one.',
      )
    })
    return rule
  })
  tellMatching(kept.rules.length, losses)
  const document = kept.rules.map(rule => {
    const responseHeader = unionOf(rule.allowedHeaders, rule.exposeHeaders)
    return {
      origin: rule.allowedOrigins,
      method: rule.allowedMethods,
      ...(responseHeader.length === 0 ? {} : { responseHeader }),
      ...(rule.maxAgeSeconds === null ? {} : { maxAgeSeconds: rule.maxAgeSeconds }),
    }
  })
  return losses.conclude(() => `${JSON.stringify(document, null, 2)}\n`)
}

function tellHeaders(
  allowed: readonly string[],
  exposed: readonly string[],
  path: string,
  losses: Losses,
): void {
  if (allowed.length !== exposed.length || allowed.some((name, i) => name !== exposed[i])) {
    losses.lost(
      'one-header-list',
      `${path}/ExposeHeader[1]`,
      unionOf(allowed, exposed).join(', '),
      'Google Cloud Storage has one responseHeader list: what may be requested is exposed, and the other way round.',
      'Nothing to do, unless one of these must not be exposed, or not be sent.',
    )
  }
  allowed.forEach((name, i) => {
    if (name === '*' || !name.includes('*')) return
    losses.lost(
      'header-pattern-undocumented',
      `${path}/AllowedHeader[${i + 1}]`,
      name,
      'Google Cloud Storage documents no patterns of header names, so this may match nothing there.',
      'List the headers one by one.',
    )
  })
}

const lowerCased = (names: readonly string[]) => new Set(names.map(name => name.toLowerCase()))

/** The names that are not among `others`, in any case. */
function without(names: readonly string[], others: readonly string[]): string[] {
  const there = lowerCased(others)
  return names.filter(name => !there.has(name.toLowerCase()))
}

const unionOf = (allowed: readonly string[], exposed: readonly string[]): string[] => [
  ...allowed,
  ...without(exposed, allowed),
]
