/**
 * @module
 * Shared by all JSON readers: the limit on bytes, syntax errors, and the test for an object.
 */

import { quote } from '../cors/findings.ts'
import { type Document, lineCounter, oversize, refused, syntaxError } from './document.ts'
import { repeatedKeys } from './json-keys.ts'

/**
 * Parses JSON of at most 64 KB, with or without a byte order mark, and passes its value to `toDocument`. Invalid JSON
 * gives a document with one error. Never throws.
 */
export function readJson(text: string, toDocument: (value: unknown) => Document): Document {
  const tooLarge = oversize(text)
  if (tooLarge) return refused(tooLarge)
  const json = text.replace(/^\uFEFF/, '')
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const reason = `The document is not JSON: ${quote(message)}.`
    const line = errorLine(message, json)
    return refused(syntaxError('not-json', reason, 'Correct the syntax at this place.', line))
  }
  const document = toDocument(value)
  return { ...document, findings: [...repeatedKeys(json, value), ...document.findings] }
}

/** V8 tells the position of most errors, and it is the only engine this runs on. */
function errorLine(message: string, json: string): number | undefined {
  const position = /at position (\d+)/.exec(message)?.[1]
  if (position !== undefined) return lineCounter(json)(Number(position))
  return message.startsWith('Unexpected end') ? lineCounter(json)(json.length) : undefined
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The object with its keys under other names, the others kept as they are, so that a reader tells them. Own keys
 * only, and none that JavaScript reserves takes effect.
 */
export const renamed = (
  object: Record<string, unknown>,
  names: Readonly<Record<string, string>>,
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(object).map(([key, value]) => [
      Object.hasOwn(names, key) ? (names[key] ?? key) : key,
      value,
    ]),
  )
