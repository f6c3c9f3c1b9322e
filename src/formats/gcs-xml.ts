/**
 * @module
 * Google Cloud Storage's XML, of its XML API: `CorsConfig` with `Cors` entries. Source: XML API, "Set Bucket CORS".
 */

import type { WrittenConfiguration } from '../cors/configuration.ts'
import { quote } from '../cors/findings.ts'
import { emptyRule } from './document.ts'
import { exposeAll, GCS, gcsMethods, tellMatching, tellPatterns, tellProtocolHeaders } from './gcs.ts'
import type { JsonNode } from './json-tree.ts'
import { Losses } from './losses.ts'
import type { RuleField } from './places.ts'
import type { NamedDocument } from './vocabulary.ts'
import { type Element, parseElements, wrongRoot } from './xml.ts'

const NAMES = {
  AllowedOrigin: 'Origin',
  AllowedMethod: 'Method',
  AllowedHeader: 'ResponseHeader',
  MaxAgeSeconds: 'MaxAgeSec',
} as const

/** List → its item, and the field. */
const LISTS: Readonly<Record<string, readonly [item: string, field: RuleField]>> = {
  Origins: ['Origin', 'AllowedOrigin'],
  Methods: ['Method', 'AllowedMethod'],
  ResponseHeaders: ['ResponseHeader', 'AllowedHeader'],
}

/** Reads a `CorsConfig` document. */
export function readGcsXml(text: string): NamedDocument {
  const parsed = parseElements(text)
  if ('refusal' in parsed) return { ...parsed.refusal, names: NAMES }
  const { root, line } = parsed
  const lines = new Map<string, number>()
  if (root.name !== 'CorsConfig')
    return { written: null, findings: [wrongRoot(root, 'CorsConfig', line(root.start))], lines, names: NAMES }
  const written: WrittenConfiguration = { CORSRule: [], ResponseVary: [], unknown: [] }
  const losses = new Losses(GCS.vendor)
  const unknown = (element: Element, within: string) => {
    const path = `${within}${quote(element.name)}[1]`
    written.unknown.push(path)
    lines.set(path, line(element.start))
  }
  for (const cors of root.children) {
    if (cors.name !== 'Cors') {
      unknown(cors, '')
      continue
    }
    const rule = emptyRule()
    const path = `CORSRule[${written.CORSRule.push(rule)}]`
    lines.set(path, line(cors.start))
    const context = { path, losses }
    for (const child of cors.children) {
      const [item, field] = Object.hasOwn(LISTS, child.name) ? (LISTS[child.name] ?? []) : []
      if (child.name === 'MaxAgeSec') {
        lines.set(`${path}/MaxAgeSeconds[1]`, line(child.start))
        rule.MaxAgeSeconds.push(child.text.trim())
      } else if (field === undefined) unknown(child, `${path}/`)
      else
        for (const value of child.children) {
          if (value.name === item) {
            const count = rule[field].push(value.text.trim())
            lines.set(`${path}/${field}[${count}]`, line(value.start))
          } else unknown(value, `${path}/`)
        }
    }
    const items = (field: RuleField) => rule[field].map(value => ({ text: value, at: NOWHERE }))
    rule.AllowedMethod = gcsMethods(items('AllowedMethod'), context).map(({ text: method }) => method)
    tellPatterns(items('AllowedOrigin'), context)
    tellProtocolHeaders(items('AllowedHeader'), context)
    exposeAll(rule, path, losses)
  }
  tellMatching(written, losses)
  return { written, findings: losses.list(), lines, names: NAMES, ...DERIVED }
}

/** As in the JSON: one list is both kinds. */
const DERIVED = {
  derived: 'ExposeHeader',
  imported: (path: string) => path.includes('/AllowedHeader['),
} as const

/** The values of XML have their lines already. */
const NOWHERE: JsonNode = { kind: 'null', value: null, start: 0, end: 0, entries: [], items: [] }
