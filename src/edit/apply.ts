/**
 * @module
 * Applies a change to the document that a person wrote: their comments, their order and their layout stay.
 */

import type { Configuration, Rule } from '../cors/configuration.ts'
import { ELEMENT_OF } from '../explain/sentences.ts'
import type { Change, Step } from '../explain/smallest-change.ts'
import type { FieldPlaces, Place, Places, RuleField, RulePlace } from '../formats/places.ts'
import { placesOf } from '../formats/positions.ts'
import { type RulesFormat, readRules, ruleAsJson, writeRules } from '../formats/rules.ts'
import { writeXml } from '../formats/xml.ts'
import { encodeReferences } from '../formats/xml-references.ts'

export interface Edited {
  readonly text: string
  readonly format: RulesFormat
  /** What the document loses, as sentences; empty if it loses nothing. */
  readonly losses: readonly string[]
}

type Addition = Exclude<Step, { readonly kind: 'add-rule' }>

/**
 * Applies a change to a document: by insertion where possible, otherwise by rewriting the document. The returned text
 * reads as exactly the changed configuration.
 *
 * @param text the document that the change is for, of at most 64 KB
 *
 * @example
 * const change = smallestChange(configuration, request)
 * if (change !== null && !('impossible' in change)) await applyChange(text, 'rules', change)
 */
export async function applyChange(
  text: string,
  format: RulesFormat,
  change: Change,
): Promise<Edited | { readonly problem: string }> {
  const says = async (document: string | null, as: RulesFormat): Promise<boolean> =>
    document !== null && isSame((await readRules(document, as)).configuration, change.configuration)

  const inserted = insertAll(text, format, change)
  if (inserted !== null && (await says(inserted, format))) return { text: inserted, format, losses: [] }

  const rewritten =
    text.trim() === '' ? [] : ['The document is rewritten: its comments and its layout are lost.']
  const written = writeRules(change.configuration, format, text)
  if (written.text !== null && (await says(written.text, format)))
    return { text: written.text, format, losses: rewritten }

  const xml = writeXml(change.configuration)
  if (!(await says(xml, 'rules'))) return { problem: 'The changed rules are more than a bucket stores.' }
  const reasons = new Set(written.findings.map(({ reason }) => reason))
  return {
    text: xml,
    format: 'rules',
    losses: [...reasons, 'The rules are written as CORSConfiguration XML, without the comments.'],
  }
}

function insertAll(text: string, format: RulesFormat, change: Change): string | null {
  let edited: string | null = text
  for (const step of change.steps) {
    const places: Places | null = edited === null ? null : placesOf(edited)
    if (edited === null || places === null) return null
    edited =
      step.kind === 'add-rule'
        ? insertRule(edited, places, format, change.configuration.rules[step.rule - 1], step.rule - 1)
        : insertValue(edited, places, step)
  }
  return edited
}

const insertAt = (text: string, at: number, addition: string): string =>
  text.slice(0, at) + addition + text.slice(at)

/** The white space before an index, as far as it begins a line or follows a tag or a comma. */
const spaceBefore = (text: string, at: number): string =>
  /\s*$/.exec(text.slice(Math.max(0, at - 200), at))?.[0] ?? ''

function insertValue(text: string, { syntax, rules }: Places, step: Addition): string | null {
  const rule = rules[step.rule - 1]
  if (rule === undefined) return null
  const field = ELEMENT_OF[step.kind]
  return syntax === 'xml'
    ? insertElement(text, rule, field, step.value)
    : insertItem(text, rule, field, step.value)
}

/** Inserts after the last element of that name, or after the last method, which every rule has. */
function insertElement(text: string, { fields }: RulePlace, field: RuleField, value: string): string | null {
  const before = (fields.get(field) ?? fields.get('AllowedMethod'))?.values.at(-1)
  if (before === undefined) return null
  const element = `<${field}>${encodeReferences(value)}</${field}>`
  return insertAt(text, before.end, lineBreakBefore(text, before) + element)
}

/** The white space before a place from its last line break on: an empty line or a comment above is not repeated. */
function lineBreakBefore(text: string, { start }: Place): string {
  const space = spaceBefore(text, start)
  const from = Math.max(space.lastIndexOf('\n'), 0)
  return space.slice(space[from - 1] === '\r' ? from - 1 : from)
}

/** Inserts after the last item of its array, or adds an array beside the origins. */
function insertItem(text: string, { fields }: RulePlace, field: RuleField, value: string): string | null {
  const item = JSON.stringify(value)
  const { list, values } = fields.get(field) ?? {}
  const last = values?.at(-1)
  if (list !== undefined) {
    if (last === undefined) return insertAt(text, list.start + 1, item)
    return insertAt(
      text,
      last.end,
      `,${lineBreakBefore(text, last) || (values?.length === 1 ? ' ' : '')}${item}`,
    )
  }
  const origins: FieldPlaces | undefined = fields.get('AllowedOrigin')
  if (values !== undefined || origins?.list === undefined) return null
  const key = keyBeside(origins.key, field)
  if (key === null) return null
  const keyStart = text.lastIndexOf(`"${origins.key}"`, origins.list.start)
  return insertAt(
    text,
    origins.list.end,
    `,${lineBreakBefore(text, { start: keyStart, end: keyStart }) || ' '}${JSON.stringify(key)}: [${item}]`,
  )
}

/** The key of a field, by the key of the origins beside it. Vendors differ in the key of exposed headers. */
function keyBeside(origins: string, field: RuleField): string | null {
  if (field === 'ExposeHeader')
    return origins.startsWith('AllowedOrigin') ? origins.replace('AllowedOrigin', field) : null
  const name = field.replace('Allowed', '')
  return origins.replace('Origin', name).replace('origin', name.toLowerCase())
}

/** Inserts a rule before the one at its position, or after the last one, with the white space before that rule. */
function insertRule(
  text: string,
  { syntax, rules }: Places,
  format: RulesFormat,
  rule: Rule | undefined,
  position: number,
): string | null {
  const next = rules[position]
  const neighbour = next ?? rules.at(-1)
  if (neighbour === undefined || rule === undefined) return null
  const outer = lineBreakBefore(text, neighbour)
  const inner = breakAfterOpening(text, neighbour, syntax === 'xml' ? '>' : '{')
  const unit = inner.startsWith(outer) && inner.length > outer.length ? inner.slice(outer.length) : '  '
  if (syntax === 'json') {
    const json = ruleAsJson(rule, format)
    if (json === null) return null
    const lines = JSON.stringify(json, null, outer === '' ? 0 : unit).split('\n')
    return next === undefined
      ? insertAt(text, neighbour.end, `,${outer || ' '}${lines.join(outer)}`)
      : insertAt(text, next.start, `${lines.join(outer)},${outer || ' '}`)
  }
  if (format !== 'rules') return null
  const document = writeXml({ rules: [rule], responseVary: false })
  const lines = document
    .slice(document.indexOf('  <CORSRule>'), document.indexOf('</CORSConfiguration>'))
    .trimEnd()
    .split('\n')
    .map(line => (outer === '' ? line.trim() : outer + (line.startsWith('    ') ? unit : '') + line.trim()))
  return next === undefined
    ? insertAt(text, neighbour.end, lines.join(''))
    : insertAt(text, next.start, `${lines.join('').slice(outer.length)}${outer}`)
}

/** The line break and the indent of what a rule begins with. */
function breakAfterOpening(text: string, { start }: Place, opening: string): string {
  const at = text.indexOf(opening, start) + 1
  const space = /^\s*/.exec(text.slice(at, at + 200))?.[0] ?? ''
  return lineBreakBefore(text, { start: at + space.length, end: at })
}

/** Whether two configurations say the same, in the same order. */
const isSame = (a: Configuration | null, b: Configuration): boolean => JSON.stringify(a) === JSON.stringify(b)
