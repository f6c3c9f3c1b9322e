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

/** Returns an error for each repeated key in a text that is valid JSON. */
export function repeatedKeys(json: string): Finding[] {
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
