/**
 * @module
 * Reads and writes `CORSConfiguration` XML of COS and S3. The parser weighs 65 KB: load this file with `import()`.
 */

import { XMLParser, XMLValidator } from 'fast-xml-parser'
import type { Configuration, WrittenConfiguration, WrittenRule } from '../cors/configuration.ts'
import { Collector, type Finding, quote, type Reading } from '../cors/findings.ts'
import {
  type Advise,
  conclude,
  type Document,
  emptyRule,
  lineCounter,
  oversize,
  refused,
  syntaxError,
} from './document.ts'
import { guard, MAX_DEPTH, notWellFormed } from './xml-guard.ts'
import { decodeReferences, encodeReferences } from './xml-references.ts'

/** An element as the document writes it. */
export interface Element {
  /** Without the namespace prefix of the root. */
  readonly name: string
  /** As in the tag. */
  readonly tag: string
  readonly start: number
  readonly children: Element[]
  /** Its own text, references decoded, CDATA included, comments left out, nothing trimmed. */
  text: string
}

const TEXT = '#text'
const CDATA = '#cdata'
/** Prefix of every element name, so that no name is one that JavaScript or the parser reserves (`constructor`, `#text`). */
const MARK = '.'
const START = XMLParser.getMetaDataSymbol() as symbol

const parser = new XMLParser({
  preserveOrder: true,
  captureMetaData: true,
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  // Decoded here: the parser decodes `&amp;lt;` twice, and leaves numeric references as they are.
  processEntities: false,
  entityDecoder: {
    decode: text => text,
    reset() {},
    setXmlVersion() {},
    setExternalEntities() {},
    addInputEntities() {},
  },
  textNodeName: TEXT,
  cdataPropName: CDATA,
  maxNestedTags: MAX_DEPTH,
  transformTagName: name => (name.startsWith(MARK) ? name : MARK + name),
})

/**
 * Reads a `CORSConfiguration` document of at most 64 KB. Every mistake is a finding. Never throws.
 * Sources: COS "PUT Bucket cors", S3 "PutBucketCors", XML 1.0.
 */
export const readXml = (text: string, advise?: Advise): Reading => conclude(parse(text), advise)

function parse(text: string): Document {
  const parsed = parseElements(text)
  if ('refusal' in parsed) return parsed.refusal
  const { root, line } = parsed
  return root.name === 'CORSConfiguration'
    ? writtenBy(root, line)
    : refused(wrongRoot(root, 'CORSConfiguration', line(root.start)))
}

/** Returns the error for a document with another root element than `expected`. */
export function wrongRoot(root: Element, expected: string, line: number): Finding {
  const name = quote(root.name)
  return {
    ...syntaxError(
      'root-wrong',
      `The root element is ${name}, not ${expected}.`,
      `Write the rules inside <${expected}>.`,
      line,
    ),
    value: name,
  }
}

/** Parses a document of at most 64 KB into its elements, whatever their names; or returns the refusal. Never throws. */
export function parseElements(
  text: string,
): { root: Element; line: (index: number) => number } | { refusal: Document } {
  const tooLarge = oversize(text)
  if (tooLarge) return { refusal: refused(tooLarge) }
  const guarded = guard(text.replace(/^\uFEFF/, ''))
  if ('refusal' in guarded) return { refusal: refused(guarded.refusal) }
  const malformed = (message: string, line: number) => ({
    refusal: refused(notWellFormed(quote(message), line)),
  })
  const valid = XMLValidator.validate(guarded.xml)
  if (valid !== true) return malformed(valid.err.msg, valid.err.line)
  try {
    const nodes: unknown = parser.parse(guarded.xml)
    const [root] = childrenOf(nodes, rootPrefix(nodes, guarded.xml))
    // The guard has counted the roots: there is one.
    return root === undefined
      ? malformed('there is no root element', 1)
      : { root, line: lineCounter(guarded.xml) }
  } catch (error) {
    return malformed(error instanceof Error ? error.message : String(error), 1)
  }
}

/** The elements among the parser's nodes: `{ '.Name': nodes }`, `{ '#text': text }`, `{ '#cdata': [{ '#text': text }] }`. */
function childrenOf(nodes: unknown, prefix: string, parent?: Element): Element[] {
  const elements: Element[] = []
  if (!Array.isArray(nodes)) return elements
  for (const node of nodes as Record<string | symbol, unknown>[]) {
    const [key = ''] = Object.keys(node)
    const content = node[key]
    if (key.startsWith(MARK)) {
      const start = (node[START] as { startIndex?: number } | undefined)?.startIndex ?? 0
      const element: Element = {
        name: withoutPrefix(key.slice(MARK.length), prefix),
        tag: key.slice(MARK.length),
        start,
        children: [],
        text: '',
      }
      element.children.push(...childrenOf(content, prefix, element))
      elements.push(element)
    } else if (parent) {
      parent.text += key === CDATA ? cdata(content) : decodeReferences(String(content))
    }
  }
  return elements
}

/** The namespace in which S3 writes its elements. */
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** Returns `s3:` for a root `<s3:CORSConfiguration>` in S3's namespace, otherwise an empty text. */
function rootPrefix(nodes: unknown, xml: string): string {
  const keys = (nodes as object[]).flatMap(node => Object.keys(node))
  const root = keys.find(key => key.startsWith(MARK)) ?? ''
  const prefix = root.slice(MARK.length, Math.max(root.indexOf(':'), MARK.length))
  const isDeclared = ['"', "'"].some(mark => xml.includes(`xmlns:${prefix}=${mark}${NAMESPACE}${mark}`))
  return prefix !== '' && isDeclared ? `${prefix}:` : ''
}
const withoutPrefix = (name: string, prefix: string): string =>
  prefix !== '' && name.startsWith(prefix) ? name.slice(prefix.length) : name

const cdata = (content: unknown): string => String((content as Record<string, unknown>[])[0]?.[TEXT] ?? '')

function writtenBy(root: Element, line: (index: number) => number): Document {
  const written: WrittenConfiguration = { CORSRule: [], ResponseVary: [], unknown: [] }
  const errors = new Collector('error')
  const warnings = new Collector('warning')
  const lines = new Map<string, number>()

  const strayText = (element: Element, path: string) => {
    if (element.text.trim() === '') return
    warnings.add(
      'stray-text',
      path,
      element.text.trim(),
      'There is text between the elements: it has no effect.',
      'Put the text into an element, or remove it.',
    )
  }
  const plainText = (element: Element, path: string): string => {
    const [nested] = element.children
    if (nested) {
      errors.add(
        'nested-element',
        path,
        nested.name,
        'The value contains an element, so it can be read in two ways.',
        'Write plain text only; < inside a value is written &lt;.',
      )
    }
    return element.text
  }
  const unknown = (path: string) => written.unknown.push(path)

  lines.set('', line(root.start))
  strayText(root, '')
  for (const [child, path] of numbered(root, '')) {
    lines.set(path, line(child.start))
    if (child.name === 'ResponseVary') written.ResponseVary.push(plainText(child, path))
    else if (child.name === 'CORSRule') {
      const rule = emptyRule()
      written.CORSRule.push(rule)
      strayText(child, path)
      for (const [field, at] of numbered(child, `${path}/`)) {
        lines.set(at, line(field.start))
        if (isField(field.name)) rule[field.name].push(plainText(field, at))
        else unknown(at)
      }
    } else unknown(path)
  }
  return { written, findings: [...errors.list(), ...warnings.list()], lines }
}

const FIELDS: ReadonlySet<string> = new Set(Object.keys(emptyRule()))
const isField = (name: string): name is keyof WrittenRule => FIELDS.has(name)

/** The children of an element, each with its path: `prefix` + `Name[n]`, n counted per name. */
function* numbered(parent: Element, prefix: string): Generator<[Element, string]> {
  const counts = new Map<string, number>()
  for (const child of parent.children) {
    const count = (counts.get(child.name) ?? 0) + 1
    counts.set(child.name, count)
    yield [child, `${prefix}${quote(child.name)}[${count}]`]
  }
}

/**
 * Writes a configuration as an indented document that `readXml` reads back to an equal one, and that COS and S3 accept
 * (`ResponseVary` exists in COS only, and is written only if true).
 */
export function writeXml(configuration: Configuration): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<CORSConfiguration>']
  const element = (indent: string, name: string, value: string | number) =>
    lines.push(`${indent}<${name}>${encodeReferences(String(value))}</${name}>`)
  for (const rule of configuration.rules) {
    lines.push('  <CORSRule>')
    const field = (name: keyof WrittenRule, value: string | number) => element('    ', name, value)
    if (rule.id !== null) field('ID', rule.id)
    for (const origin of rule.allowedOrigins) field('AllowedOrigin', origin)
    for (const method of rule.allowedMethods) field('AllowedMethod', method)
    for (const header of rule.allowedHeaders) field('AllowedHeader', header)
    for (const header of rule.exposeHeaders) field('ExposeHeader', header)
    if (rule.maxAgeSeconds !== null) field('MaxAgeSeconds', rule.maxAgeSeconds)
    lines.push('  </CORSRule>')
  }
  if (configuration.responseVary) element('  ', 'ResponseVary', 'true')
  lines.push('</CORSConfiguration>', '')
  return lines.join('\n')
}
