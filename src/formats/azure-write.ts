/**
 * @module
 * Writes Azure Storage's XML. Source: "CORS support for Azure Storage", with its limits.
 */

import type { Configuration, Rule } from '../cors/configuration.ts'
import { AZURE_ELEMENTS } from './azure.ts'
import { type Export, eachRule, Losses } from './losses.ts'
import { encodeReferences } from './xml-references.ts'

const MAX_RULES = 5
/** Of one origin or header name. In characters. */
const MAX_LENGTH = 256
const MAX_ORIGINS = 64
const MAX_LITERAL_HEADERS = 64
const MAX_PREFIXED_HEADERS = 2
/** Of all values together, without the tags. In bytes. */
const MAX_BYTES = 2048

/** Writes the `Cors` element, all five elements in each rule, as Azure demands. */
export function writeAzure(configuration: Configuration): Export {
  const losses = new Losses('Azure')
  losses.limitRules(configuration, MAX_RULES)
  const kept = eachRule(losses.withoutIds(losses.withoutResponseVary(configuration), 0), (rule, path) =>
    checkRule(rule, path, losses),
  )
  const rules = kept.rules.map(valuesOf)
  const bytes = new TextEncoder().encode(rules.flat().join('')).length
  if (bytes > MAX_BYTES) {
    losses.refused(
      'too-large',
      '',
      String(bytes),
      `The values of all rules have ${bytes} bytes, and Azure stores at most ${MAX_BYTES}.`,
      'Remove rules, or origins that nobody uses.',
    )
  }
  return losses.conclude(() => xmlOf(rules))
}

/** The values of a rule in the order of AZURE_ELEMENTS. */
const valuesOf = (rule: Rule): readonly string[] => [
  rule.allowedOrigins.join(','),
  rule.allowedMethods.join(','),
  rule.allowedHeaders.join(','),
  rule.exposeHeaders.join(','),
  String(rule.maxAgeSeconds ?? 0),
]

function xmlOf(rules: readonly (readonly string[])[]): string {
  const lines = ['<?xml version="1.0" encoding="utf-8"?>', '<Cors>']
  for (const values of rules) {
    const fields = Object.keys(AZURE_ELEMENTS).map(
      (name, i) => `    <${name}>${encodeReferences(values[i] ?? '')}</${name}>`,
    )
    lines.push('  <CorsRule>', ...fields, '  </CorsRule>')
  }
  return `${[...lines, '</Cors>'].join('\n')}\n`
}

/** Tells what of a rule Azure has no way to say, and gives the rule as it can be said. */
function checkRule(rule: Rule, path: string, losses: Losses): Rule {
  if (rule.allowedOrigins.length > MAX_ORIGINS)
    tooMany(`${path}/AllowedOrigin[${MAX_ORIGINS + 1}]`, 'origins', MAX_ORIGINS, losses)
  rule.allowedOrigins.forEach((origin, i) => {
    const at = `${path}/AllowedOrigin[${i + 1}]`
    checkItem(origin, at, losses)
    // "Enabling CORS": `*` for all, or in place of a subdomain.
    if (!origin.includes('*') || origin === '*' || /:\/\/\*\.[^*]+$/.test(origin)) return
    losses.refused(
      'origin-pattern',
      at,
      origin,
      'Azure takes * alone, or in place of a subdomain: https://*.example.com.',
      'Write the origins that are meant.',
    )
  })
  const headers = [
    ['AllowedHeader', rule.allowedHeaders],
    ['ExposeHeader', rule.exposeHeaders],
  ] as const
  for (const [name, items] of headers) {
    const prefixed = items.filter(item => item.includes('*') && item !== '*')
    if (prefixed.length > MAX_PREFIXED_HEADERS)
      tooMany(`${path}/${name}[1]`, 'header prefixes', MAX_PREFIXED_HEADERS, losses)
    if (items.length - prefixed.length > MAX_LITERAL_HEADERS)
      tooMany(`${path}/${name}[1]`, 'headers', MAX_LITERAL_HEADERS, losses)
    items.forEach((item, i) => {
      const at = `${path}/${name}[${i + 1}]`
      checkItem(item, at, losses)
      if (!item.includes('*') || item.endsWith('*')) return
      losses.refused(
        'header-pattern',
        at,
        item,
        'Azure takes a * at the end of a header name only.',
        'List the headers one by one.',
      )
    })
  }
  if (rule.maxAgeSeconds !== null) return rule
  losses.lost(
    'max-age-added',
    path,
    '',
    'Azure demands MaxAgeInSeconds: 0 is written, which forbids caching; without it, browsers keep 5 seconds.',
    'Set a MaxAgeSeconds.',
  )
  return { ...rule, maxAgeSeconds: 0 }
}

function checkItem(item: string, path: string, losses: Losses): void {
  if (item === '' || item !== item.trim() || item.includes(','))
    losses.refused(
      'value-unlistable',
      path,
      item,
      'The value is empty, or has a comma or outer space: in a comma-separated list it would be another.',
      'Correct the value.',
    )
  if (item.length > MAX_LENGTH)
    losses.refused(
      'value-too-long',
      path,
      item,
      `The value has ${item.length} characters, and Azure takes ${MAX_LENGTH}.`,
      'Shorten it.',
    )
}

const tooMany = (path: string, what: string, most: number, losses: Losses): void =>
  losses.refused(
    'too-many-values',
    path,
    '',
    `Azure takes at most ${most} ${what} in one rule.`,
    'Split the rule.',
  )
