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

/**
 * Returns an error for each repeated key.
 *
 * @param json valid JSON
 * @param value what it parses to
 */
export function repeatedKeys(json: string, value: unknown): Finding[] {
  return hasAllKeys(json, value) ? [] : repetitions(json)
}

/**
 * Returns true if the value has every key of the text. A key that the parser dropped had two quotes; only an escape writes
 * a quote in another way. Without a loop: an isolate may do this before its first answer.
 */
function hasAllKeys(json: string, value: unknown): boolean {
  if (json.includes('\\')) return false
  try {
    return quotesIn(json) === quotesIn(JSON.stringify(value))
  } catch {
    return false // JSON.parse takes any depth, JSON.stringify does not.
  }
}

const quotesIn = (text: string): number => text.match(/"/g)?.length ?? 0

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
