/**
 * @module
 * Finds the places of the rules in an XML document.
 */

import type { FieldPlaces, Place, Places, RuleField, RulePlace } from './places.ts'
import { type Element, parseElements } from './xml.ts'

const RULE_NAMES: ReadonlySet<string> = new Set(['CORSRule', 'CorsRule'])
/** Azure's element names. The elements of COS and S3 have the names of the fields. */
const AZURE_FIELDS: Readonly<Record<string, RuleField>> = {
  AllowedOrigins: 'AllowedOrigin',
  AllowedMethods: 'AllowedMethod',
  AllowedHeaders: 'AllowedHeader',
  ExposedHeaders: 'ExposeHeader',
  MaxAgeInSeconds: 'MaxAgeSeconds',
}

/** Returns the places of the rules; null if the document is not well-formed. */
export function xmlPlaces(text: string): Places | null {
  const parsed = parseElements(text)
  if ('refusal' in parsed) return null
  // The parser sees the text without its byte order mark.
  const shift = text.startsWith('\uFEFF') ? 1 : 0
  const placeOf = (element: Element): Place => {
    const start = element.start + shift
    return { start, end: endOf(text, start, element) }
  }
  const ruleOf = (element: Element): RulePlace => {
    const fields = new Map<RuleField, FieldPlaces & { values: Place[] }>()
    for (const child of element.children) {
      const field = AZURE_FIELDS[child.name] ?? (child.name as RuleField)
      const places = fields.get(field) ?? { key: child.name, values: [] }
      places.values.push(placeOf(child))
      fields.set(field, places)
    }
    return { ...placeOf(element), fields }
  }
  return { syntax: 'xml', rules: rulesWithin(parsed.root).map(ruleOf) }
}

const rulesWithin = (element: Element): Element[] =>
  element.children.flatMap(child => (RULE_NAMES.has(child.name) ? [child] : rulesWithin(child)))

/**
 * Returns the end of an element that contains text or elements of other names. A CDATA section or a comment can contain
 * a text that looks like the end, so a caller that changes the document reads it again.
 */
function endOf(text: string, start: number, { tag }: Element): number {
  const open = text.indexOf('>', start)
  if (text[open - 1] === '/') return open + 1
  const close = text.indexOf('>', text.indexOf(`</${tag}`, open))
  return close === -1 ? text.length : close + 1
}
