/**
 * @module
 * Where the rules stand in a JSON document: of S3, the COS SDKs, R2, Google Cloud Storage or Azure.
 */

import type { FieldPlaces, Place, Places, RuleField, RulePlace } from './places.ts'

/** A value with its place; of an object and an array with what they hold. */
interface JsonNode extends Place {
  readonly entries?: readonly (readonly [key: string, value: JsonNode])[]
  readonly items?: readonly JsonNode[]
}

/** No format needs more than `{"properties":{"cors":{"corsRules":[{"allowed":{"origins":["…`. */
const MAX_DEPTH = 12

/** What a rule's key means, lower-cased and without a final s. */
const FIELDS: ReadonlyMap<string, RuleField> = new Map([
  ['id', 'ID'],
  ['allowedorigin', 'AllowedOrigin'],
  ['origin', 'AllowedOrigin'],
  ['allowedmethod', 'AllowedMethod'],
  ['method', 'AllowedMethod'],
  ['allowedheader', 'AllowedHeader'],
  ['header', 'AllowedHeader'],
  ['responseheader', 'AllowedHeader'],
  ['exposeheader', 'ExposeHeader'],
  ['exposedheader', 'ExposeHeader'],
  ['maxagesecond', 'MaxAgeSeconds'],
  ['maxageinsecond', 'MaxAgeSeconds'],
])

/** @returns null where the document is not JSON */
export function jsonPlaces(text: string): Places | null {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return null
  }
  const root = new Scanner(text).value(0)
  return { syntax: 'json', rules: rulesWithin(root).map(ruleOf) }
}

/** The items of the list of rules, wherever the format has it. */
function rulesWithin({ items, entries }: JsonNode): readonly JsonNode[] {
  if (items !== undefined) return items
  for (const [key, value] of entries ?? []) {
    if (!/^(?:cors|rules$|properties$)/i.test(key)) continue
    const found = rulesWithin(value)
    if (found.length > 0) return found
  }
  return []
}

function ruleOf({ start, end, entries = [] }: JsonNode): RulePlace {
  const fields = new Map<RuleField, FieldPlaces>()
  for (const [key, value] of entries) {
    // R2 puts the conditions into an object of their own.
    if (key === 'allowed') for (const [field, places] of ruleOf(value).fields) fields.set(field, places)
    const field = FIELDS.get(key.toLowerCase().replace(/s$/, ''))
    if (field === undefined) continue
    fields.set(field, {
      key,
      values: value.items ?? [value],
      ...(value.items === undefined ? {} : { list: value }),
    })
  }
  return { start, end, fields }
}

/** Finds the ends of values in a text that is known to be JSON. */
class Scanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): JsonNode {
    this.#skip()
    const start = this.#at
    const first = this.#text[start]
    if (depth < MAX_DEPTH && first === '{') {
      const entries = this.#list('}', (): readonly [string, JsonNode] => {
        const key = this.value(MAX_DEPTH)
        this.#skip()
        this.#at++
        return [String(JSON.parse(this.#text.slice(key.start, key.end))), this.value(depth + 1)]
      })
      return { start, end: this.#at, entries }
    }
    if (depth < MAX_DEPTH && first === '[') {
      const items = this.#list(']', () => this.value(depth + 1))
      return { start, end: this.#at, items }
    }
    if (first === '"') this.#string()
    else if (first === '{' || first === '[') this.#nested()
    else while (this.#at < this.#text.length && !/[\s,\]}]/.test(this.#text[this.#at] ?? '')) this.#at++
    return { start, end: this.#at }
  }

  #list<T>(end: string, item: () => T): T[] {
    const list: T[] = []
    this.#at++
    for (this.#skip(); this.#at < this.#text.length && this.#text[this.#at] !== end; this.#skip()) {
      list.push(item())
      this.#skip()
      if (this.#text[this.#at] === ',') this.#at++
    }
    this.#at++
    return list
  }

  #string(): void {
    for (this.#at++; this.#at < this.#text.length && this.#text[this.#at] !== '"'; this.#at++)
      if (this.#text[this.#at] === '\\') this.#at++
    this.#at++
  }

  /** What is deeper than any rule, as one value. */
  #nested(): void {
    let depth = 0
    do {
      const c = this.#text[this.#at]
      if (c === '"') {
        this.#string()
        continue
      }
      if (c === '{' || c === '[') depth++
      else if (c === '}' || c === ']') depth--
      this.#at++
    } while (depth > 0 && this.#at < this.#text.length)
  }

  #skip(): void {
    while (/[\s\uFEFF]/.test(this.#text[this.#at] ?? '')) this.#at++
  }
}
