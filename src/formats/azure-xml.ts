/**
 * @module
 * Azure Storage's XML: the `Cors` element of "Set Blob Service Properties". Lists are comma-separated texts.
 */

import type { WrittenConfiguration } from '../cors/configuration.ts'
import { quote } from '../cors/findings.ts'
import { AZURE_ELEMENTS, adaptAzure } from './azure.ts'
import { emptyRule } from './document.ts'
import { commaSeparated } from './json-search.ts'
import type { JsonNode } from './json-tree.ts'
import { Losses } from './losses.ts'
import type { RuleField } from './places.ts'
import type { NamedDocument } from './vocabulary.ts'
import { type Element, parseElements, wrongRoot } from './xml.ts'

const NAMES = Object.fromEntries(
  Object.entries(AZURE_ELEMENTS).map(([name, field]) => [field, name]),
) as Record<RuleField, string>
const isElement = (name: string): name is keyof typeof AZURE_ELEMENTS => Object.hasOwn(AZURE_ELEMENTS, name)

/** Reads a `Cors` element, alone or in `StorageServiceProperties`. */
export function readAzureXml(text: string): NamedDocument {
  const parsed = parseElements(text)
  if ('refusal' in parsed) return { ...parsed.refusal, names: NAMES }
  const { root, line } = parsed
  const properties = root.name === 'StorageServiceProperties'
  const cors = properties ? root.children.find(({ name }) => name === 'Cors') : root
  if (cors?.name !== 'Cors') {
    const findings = [wrongRoot(cors ?? root, 'Cors', line(root.start))]
    return { written: null, findings, lines: new Map(), names: NAMES }
  }
  const written: WrittenConfiguration = { CORSRule: [], ResponseVary: [], unknown: [] }
  const losses = new Losses('Azure')
  const lines = new Map<string, number>()
  for (const child of cors.children) {
    if (child.name === 'CorsRule') readRule(child)
    else written.unknown.push(`${quote(child.name)}[1]`)
  }
  return { written, findings: losses.list(), lines, names: NAMES }

  function readRule(element: Element): void {
    const rule = emptyRule()
    const path = `CORSRule[${written.CORSRule.push(rule)}]`
    lines.set(path, line(element.start))
    for (const { name, start, children, text: value } of element.children) {
      if (!isElement(name)) {
        written.unknown.push(`${path}/${quote(name)}[1]`)
        lines.set(`${path}/${quote(name)}[1]`, line(start))
        continue
      }
      const field = AZURE_ELEMENTS[name]
      if (children.length > 0) {
        losses.refused(
          'nested-element',
          `${path}/${field}[1]`,
          '',
          'The value contains an element, so it can be read in two ways.',
          'Write a comma-separated list.',
        )
        continue
      }
      if (field === 'MaxAgeSeconds') rule[field].push(value.trim())
      else {
        const items = commaSeparated(value).map(item => ({ text: item, at: NOWHERE }))
        rule[field].push(...adaptAzure(field, items, { path, losses }).map(item => item.text))
      }
      const count = commaSeparated(value).length
      for (let i = 1; i <= Math.max(1, count); i++) lines.set(`${path}/${field}[${i}]`, line(start))
    }
    const missing = Object.keys(AZURE_ELEMENTS).filter(
      name => !element.children.some(child => child.name === name),
    )
    if (missing.length > 0)
      losses.refused(
        'value-missing',
        path,
        missing.join(', '),
        'Azure refuses a rule without all five elements.',
        `Add ${missing.map(name => `<${name}></${name}>`).join(', ')}, with a value if you need one.`,
      )
  }
}

/** The values of XML have their lines already. */
const NOWHERE: JsonNode = { kind: 'null', value: null, start: 0, end: 0, entries: [], items: [] }
