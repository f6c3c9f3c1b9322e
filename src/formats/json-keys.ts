/**
 * @module
 * Keys that stand twice in one object of a JSON document: a parser silently takes the last, so what was written first
 * would be lost.
 */

import { type Finding, MAX_FINDINGS, quote } from '../cors/findings.ts'
import { lineCounter } from './document.ts'

/** Strings, and what is between values. Linear: no part of a text that is JSON can be read in two ways. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g

interface Level {
  /** null: an array. */
  readonly keys: Set<string> | null
  /** Of the item or entry that is read. */
  index: number
}

/** An error for each key that its object has already, in a text that is known to be JSON. */
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
    reason: 'The object has this key already, and only one of the two would count.',
    hint: 'Put what is meant under one of them.',
    line,
  }
}
