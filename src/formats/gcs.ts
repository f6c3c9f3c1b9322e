/**
 * @module
 * Google Cloud Storage's JSON: the array of `gcloud storage buckets update --cors-file`, or a bucket's `{"cors":[…]}` or
 * `{"cors_config":[…]}` as `gcloud storage buckets describe` prints it.
 */

import { type Configuration, METHODS, type WrittenConfiguration } from '../cors/configuration.ts'
import type { Item, JsonFormat, RuleContext } from './json-rules.ts'
import { entry } from './json-search.ts'
import { type Export, eachRule, knownMethods, Losses, plainExposed } from './losses.ts'

export const GCS: JsonFormat = {
  vendor: 'Google Cloud Storage',
  fields: {
    origin: 'AllowedOrigin',
    method: 'AllowedMethod',
    responseHeader: 'AllowedHeader',
    maxAgeSeconds: 'MaxAgeSeconds',
  },
  // What a script may request and what it may read are one list, so an entry may be of either kind.
  imported: path => path.includes('/AllowedHeader['),
  derived: 'ExposeHeader',
  rulesIn: root => {
    if (root.kind === 'array') return root.items
    const list = entry(root, 'cors') ?? entry(root, 'cors_config')
    if (list?.kind === 'array') return list.items
    return {
      at: list ?? root,
      code: 'wrong-type',
      reason: 'Google Cloud Storage takes a list of rules, and this is not a list.',
      hint: 'Write [ ] around the rule.',
    }
  },
  adapt: (field, items, context) => {
    if (field === 'AllowedMethod') return gcsMethods(items, context)
    if (field === 'AllowedOrigin') tellPatterns(items, context)
    if (field === 'AllowedHeader') tellProtocolHeaders(items, context)
    return items
  },
  finish: (written, losses) => {
    written.CORSRule.forEach((rule, i) => {
      exposeAll(rule, `CORSRule[${i + 1}]`, losses)
    })
    tellMatching(written, losses)
  },
}

/** `*` stands for every method; the OPTIONS of a preflight needs no mention. */
export function gcsMethods(
  items: readonly Item[],
  { path, losses }: Pick<RuleContext, 'path' | 'losses'>,
): readonly Item[] {
  const star = items.find(({ text }) => text === '*')
  return star === undefined ? knownMethods(items, path, losses) : METHODS.map(text => ({ ...star, text }))
}

/** Warns of origins with a *: Google documents * alone and whole origins. */
export function tellPatterns(
  items: readonly { text: string }[],
  { path, losses }: Pick<RuleContext, 'path' | 'losses'>,
): void {
  items.forEach(({ text }, i) => {
    if (text === '*' || !text.includes('*')) return
    losses.lost(
      'origin-pattern-undocumented',
      `${path}/AllowedOrigin[${i + 1}]`,
      text,
      'Google Cloud Storage documents * alone and whole origins, so this may match nothing there. Here it is a pattern.',
      'List the origins one by one, or keep the pattern if you want it.',
    )
  })
}

/** Warns of the headers of CORS itself, once each. */
export function tellProtocolHeaders(
  items: readonly { text: string }[],
  { path, losses }: Pick<RuleContext, 'path' | 'losses'>,
): void {
  items.forEach(({ text }, i) => {
    if (!/^access-control-/i.test(text)) return
    losses.lost(
      'header-access-control',
      `${path}/AllowedHeader[${i + 1}]`,
      text,
      ACCESS_CONTROL,
      'Remove it.',
    )
  })
}

const ACCESS_CONTROL =
  'The bucket sends Access-Control-* headers by itself: listing one allows nothing, and no script can read or send it.'

/** Exposes what the one list of a rule holds. Patterns cannot be exposed. */
export function exposeAll(
  rule: WrittenConfiguration['CORSRule'][number],
  path: string,
  losses: Losses,
): void {
  const items = rule.AllowedHeader.map(text => ({ text }))
  rule.ExposeHeader.push(...plainExposed(items, path, losses, 'AllowedHeader').map(({ text }) => text))
}

/**
 * Warns if the requested headers decide here and not in Google Cloud Storage: there, the first entry that matches origin
 * and method answers (XML API, "Set Bucket CORS").
 */
export function tellMatching({ CORSRule: rules }: WrittenConfiguration, losses: Losses): void {
  const headers = (rule: (typeof rules)[number]) => rule.AllowedHeader.join().toLowerCase()
  for (const [i, later] of rules.entries()) {
    const earlier = rules
      .slice(0, i)
      .findIndex(
        rule =>
          headers(rule) !== headers(later) &&
          rule.AllowedMethod.some(method => later.AllowedMethod.includes(method)) &&
          rule.AllowedOrigin.some(origin => origin === '*' || later.AllowedOrigin.includes(origin)),
      )
    if (earlier < 0) continue
    losses.lost(
      'match-differs',
      `CORSRule[${i + 1}]`,
      '',
      `Rule ${earlier + 1} has the same origin and method: in Google Cloud Storage it answers first, whatever headers are requested. Here the requested headers decide, too.`,
      'Merge the two rules, or give them the same headers.',
    )
    return
  }
}

/** Writes GCS's shape: a bare array, as gcloud takes it. */
export function writeGcs(configuration: Configuration): Export {
  const losses = new Losses('Google Cloud Storage')
  const plain = losses.withoutIds(losses.withoutResponseVary(losses.trimmed(configuration)), 0)
  const kept = eachRule(plain, (rule, path) => {
    tellHeaders(rule.allowedHeaders, rule.exposeHeaders, path, losses)
    tellPatterns(
      rule.allowedOrigins.map(text => ({ text })),
      { path, losses },
    )
    return rule
  })
  const written = kept.rules.map(rule => ({
    AllowedOrigin: [...rule.allowedOrigins],
    AllowedMethod: [...rule.allowedMethods],
    AllowedHeader: [...rule.allowedHeaders],
    ExposeHeader: [],
    ID: [],
    MaxAgeSeconds: [],
  }))
  tellMatching({ CORSRule: written, ResponseVary: [], unknown: [] }, losses)
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
      'Google Cloud Storage has one responseHeader list: requests may send all of these, and scripts may read all.',
      'Remove a header here if it must not be sent, or must not be read.',
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
