/**
 * @module
 * Azure Storage's rules: the `Cors` element of "Set Blob Service Properties", and the JSON of its resource manager and
 * command line. Lists are comma-separated texts. Source: "CORS support for Azure Storage", with its limits.
 */

import type { Configuration, Rule, WrittenConfiguration, WrittenRule } from '../cors/configuration.ts'
import { quote, type Reading } from '../cors/findings.ts'
import { type Advise, conclude, type Document, emptyRule, refused } from './document.ts'
import { isObject, readJson } from './json.ts'
import { type Export, eachRule, knownMethods, Losses, plainExposed } from './losses.ts'
import { parseElements, wrongRoot } from './xml.ts'
import { encodeReferences } from './xml-references.ts'

const MAX_RULES = 5
/** Of one origin or header name. In characters. */
const MAX_LENGTH = 256
const MAX_ORIGINS = 64
const MAX_LITERAL_HEADERS = 64
const MAX_PREFIXED_HEADERS = 2
/** Of all values together, without the tags. In bytes. */
const MAX_BYTES = 2048

/** Azure's names, in the order in which it wants them, and ours. */
const FIELDS = {
  AllowedOrigins: 'AllowedOrigin',
  AllowedMethods: 'AllowedMethod',
  AllowedHeaders: 'AllowedHeader',
  ExposedHeaders: 'ExposeHeader',
  MaxAgeInSeconds: 'MaxAgeSeconds',
} as const satisfies Record<string, keyof WrittenRule>
type AzureField = keyof typeof FIELDS
const isField = (name: string): name is AzureField => Object.hasOwn(FIELDS, name)

/** Reads Azure's XML or JSON. Every mistake and every loss is a finding; nothing is thrown. */
export function readAzure(text: string, advise?: Advise): Reading {
  return conclude(
    text
      .trimStart()
      .replace(/^\uFEFF/, '')
      .startsWith('<')
      ? readXml(text)
      : readJson(text, documentOf),
    advise,
  )
}

function readXml(text: string): Document {
  const parsed = parseElements(text)
  if ('refusal' in parsed) return parsed.refusal
  const { root, line } = parsed
  const properties = root.name === 'StorageServiceProperties'
  const cors = properties ? root.children.find(({ name }) => name === 'Cors') : root
  if (cors?.name !== 'Cors') return refused(wrongRoot(cors ?? root, 'Cors', line(root.start)))
  const rules = new AzureRules()
  for (const child of cors.children) {
    if (child.name === 'CorsRule')
      rules.add(child.children.map(({ name, text: value, children }) => [name, children[0] ? null : value]))
    else rules.unknown(child.name)
  }
  return rules.document()
}

function documentOf(value: unknown): Document {
  const rules = new AzureRules()
  for (const rule of rulesIn(value)) {
    // The command line writes AllowedOrigins, the resource manager allowedOrigins.
    const fields = isObject(rule) ? Object.entries(rule) : []
    rules.add(
      fields
        // The command line's list of rules says which of the storage services each is for.
        .filter(([name]) => name !== 'Service')
        .map(([name, value]) => [name.charAt(0).toUpperCase() + name.slice(1), listText(value)]),
    )
  }
  return rules.document()
}

/** The rules in `[…]`, `{"corsRules":[…]}`, `{"cors":{"corsRules":[…]}}` or a resource's `properties`. */
function rulesIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (!isObject(value)) return []
  return rulesIn(value.corsRules ?? value.cors ?? value.properties)
}

/** A value as XML would write it; null: it is no list and no text. */
function listText(value: unknown): string | null {
  if (value === null) return ''
  if (Array.isArray(value)) return value.some(isNested) ? null : value.join(',')
  return isNested(value) ? null : String(value)
}

const isNested = (value: unknown): boolean => typeof value === 'object' && value !== null

/** Rules as they are read, one by one. */
class AzureRules {
  readonly #written: WrittenConfiguration = { CORSRule: [], ResponseVary: [], unknown: [] }
  readonly #losses = new Losses('Azure')

  unknown(name: string): void {
    this.#written.unknown.push(`${quote(name)}[1]`)
  }

  /** Adds a rule by its fields; null is a value that is no text. */
  add(fields: readonly (readonly [name: string, text: string | null])[]): void {
    const rule = emptyRule()
    const path = `CORSRule[${this.#written.CORSRule.push(rule)}]`
    for (const [name, text] of fields) {
      if (!isField(name)) this.#written.unknown.push(`${path}/${quote(name)}[1]`)
      else if (text === null) this.#nested(`${path}/${FIELDS[name]}[1]`)
      else if (name === 'MaxAgeInSeconds') {
        if (text.trim() !== '') rule.MaxAgeSeconds.push(text.trim())
      } else rule[FIELDS[name]].push(...this.#kept(name, splitList(text), path))
    }
  }

  #nested(path: string): void {
    this.#losses.refused(
      'nested-element',
      path,
      '',
      'Something else than text stands in the value, so it can be read in two ways.',
      'Write a comma-separated list.',
    )
  }

  #kept(name: AzureField, items: readonly string[], path: string): string[] {
    if (name === 'AllowedMethods') return knownMethods(items, path, this.#losses) as string[]
    if (name === 'ExposedHeaders') return plainExposed(items, path, this.#losses) as string[]
    if (name === 'AllowedOrigins') {
      items.forEach((origin, i) => {
        if (origin === origin.toLowerCase()) return
        this.#losses.lost(
          'origin-case',
          `${path}/AllowedOrigin[${i + 1}]`,
          origin,
          'The origin holds upper case, which some of Azure (its emulator) overlooks; here it never matches a browser.',
          `Write ${origin.toLowerCase()}, if that is meant.`,
        )
      })
    }
    return [...items]
  }

  document(): Document {
    return { written: this.#written, findings: this.#losses.list(), lines: new Map() }
  }
}

/** The items of a comma-separated list, without the space around them. */
const splitList = (text: string): string[] =>
  text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')

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

/** The values of a rule in the order of FIELDS. */
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
    const fields = Object.keys(FIELDS).map(
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
