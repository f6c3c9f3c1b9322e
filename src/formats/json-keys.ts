/**
 * @module
 * Finds keys that one object of a JSON document has twice. A parser silently takes the last one, so the first would be
 * lost.
 */

import { type Finding, MAX_FINDINGS, quote } from '../cors/findings.ts'
import { lineCounter } from './document.ts'

/** Strings and punctuation. Linear: in valid JSON, each character belongs to one token. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g

interface Level {
  /** null for an array. */
  readonly keys: Set<string> | null
  /** Index of the current item or entry. */
  index: number
}

/** Strings, each with the colon that makes it a key. */
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"(?:\s*:)?/g

/**
 * Returns an error for each repeated key.
 *
 * @param json valid JSON
 * @param value what it parses to
 */
export function repeatedKeys(json: string, value: unknown): Finding[] {
  return writtenKeys(json) === keysOf(value) ? [] : repetitions(json)
}

/** The number of keys in a text. One pass of the regular expression engine: an isolate may do this before an answer. */
function writtenKeys(json: string): number {
  let keys = 0
  for (const string of json.match(STRING) ?? []) if (string.endsWith(':')) keys++
  return keys
}

/** The number of keys in a value, at any depth that JSON.parse takes. */
function keysOf(value: unknown): number {
  const rest = [value]
  let keys = 0
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (typeof next !== 'object' || next === null) continue
    const parts: unknown[] = Object.values(next)
    if (!Array.isArray(next)) keys += parts.length
    for (const part of parts) rest.push(part)
  }
  return keys
}

function repetitions(json: string): Finding[] {
  const found: Finding[] = []
  const lineAt = lineCounter(json)
  const levels: Level[] = []
  let string = ''
  let at = 0
  for (const { 0: token, index } of json.matchAll(TOKEN)) {
    const level = levels.at(-1)
    if (token === '{') levels.push({ keys: new Set(), index: 0 })
    else if (token === '[') levels.push({ keys: null, index: 0 })
    else if (token === '}' || token === ']') levels.pop()
    else if (token === ',') {
      if (level !== undefined) level.index++
    } else if (token !== ':') {
      string = token
      at = index
    } else if (level?.keys) {
      const key = String(JSON.parse(string))
      if (level.keys.has(key)) found.push(repeated(key, levels, lineAt(at)))
      if (found.length === MAX_FINDINGS) return found
      level.keys.add(key)
    }
  }
  return found
}

function repeated(key: string, levels: readonly Level[], line: number): Finding {
  // The outermost list is that of the rules, whatever the format.
  const rule = levels.find(({ keys }) => keys === null)
  return {
    code: 'key-repeated',
    severity: 'error',
    path: rule === undefined ? quote(key) : `CORSRule[${rule.index + 1}]/${quote(key)}`,
    value: quote(key),
    reason: 'The object has this key twice, and only one of the two would count.',
    hint: 'Keep one of the two.',
    line,
  }
}
