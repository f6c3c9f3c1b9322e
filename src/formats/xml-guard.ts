/**
 * @module
 * Refuses, before an XML parser sees the document: declarations, instructions, excessive depth, more than one root, and
 * mark-up that fast-xml-parser's validator and parser read differently.
 */

import { type Finding, quote } from '../cors/findings.ts'
import { lineCounter, syntaxError } from './document.ts'
import { badReference } from './xml-references.ts'

/** CORSConfiguration / CORSRule / AllowedOrigin is three; the rest is room for unknown elements. */
export const MAX_DEPTH = 8

const DECLARATION = /^<\?xml[ \t\r\n][^<>?]{0,200}\?>/
/** A name of XML 1.0, 2.3, without the code points of it that ECMAScript calls white space. */
const NAME = /^[\p{L}_:][\p{L}\p{N}\p{M}_:.·-]*/u
const SPACE = /^[ \t\r\n]*$/
/** Characters that XML 1.0, 2.2 forbids, even escaped. */
const FORBIDDEN = /[^\t\n\r\u0020-\uFFFD]/

const OUTSIDE = 'there is text outside the root element.'

export const notWellFormed = (reason: string, line: number): Finding =>
  syntaxError(
    'not-well-formed',
    `The document is not well-formed XML: ${reason}`,
    reason === OUTSIDE
      ? 'Remove it: the output of a tool may have lines before or after the document.'
      : 'Correct the mark-up at this line; &, < and > inside a value are written &amp;, &lt; and &gt;.',
    line,
  )

/** Code → reason and hint. These are refused even in well-formed XML. */
const REFUSALS = {
  'control-character': [
    'The document has a character that XML forbids, such as a control character.',
    'Remove it; an editor that shows invisible characters finds it.',
  ],
  'bad-reference': [
    'A reference (&…;) does not stand for a character in XML.',
    'Write & as &amp;, and other characters as they are.',
  ],
  doctype: [
    'The document declares a type or an entity (<!DOCTYPE, <!ENTITY). Declarations are never read.',
    'Remove the declaration and write the values out.',
  ],
  'processing-instruction': [
    'The document has a processing instruction, or an XML declaration that is not at its very start.',
    'Remove the instruction, or the text before the declaration.',
  ],
  'root-missing': ['The document has no root element.', 'Write the rules inside a CORSConfiguration.'],
  'root-repeated': [
    'The document has more than one root element.',
    'Write all rules inside one CORSConfiguration.',
  ],
  'too-deep': [
    `Elements are nested more than ${MAX_DEPTH} deep. A configuration needs three levels.`,
    'Write CORSConfiguration, CORSRule and its values only.',
  ],
} as const

/** The first problem and its index: a code of `REFUSALS`, or the reason why the document is not well-formed. */
type Problem = { at: number; code: keyof typeof REFUSALS } | { at: number; malformed: string }

/**
 * Scans `xml` (within the limit on bytes, without a byte order mark) before a parser does. Returns the first refusal, or
 * the document with its XML declaration replaced by spaces, so that the parser meets no instruction.
 */
export function guard(xml: string): { xml: string } | { refusal: Finding } {
  const declaration = DECLARATION.exec(xml)?.[0] ?? ''
  const body = declaration.replace(/[^\r\n]/g, ' ') + xml.slice(declaration.length)
  const forbidden = xml.search(FORBIDDEN)
  const problem: Problem | null =
    forbidden < 0 ? firstProblem(body) : { at: forbidden, code: 'control-character' }
  if (!problem) return { xml: body }
  const line = lineCounter(xml)(problem.at)
  if ('malformed' in problem) return { refusal: notWellFormed(problem.malformed, line) }
  const [reason, hint] = REFUSALS[problem.code]
  return { refusal: syntaxError(problem.code, reason, hint, line) }
}

/** One scan over the mark-up, linear. */
function firstProblem(xml: string): Problem | null {
  /** Start indices of the open elements. */
  const opened: number[] = []
  let roots = 0
  for (let at = 0; at < xml.length; ) {
    const open = xml.indexOf('<', at)
    const text = xml.slice(at, open < 0 ? xml.length : open)
    if (opened.length === 0 && !SPACE.test(text)) return { at, malformed: OUTSIDE }
    if (text.includes(']]>')) return { at, malformed: ']]> stands outside a CDATA section.' }
    const bad = badReference(text)
    if (bad >= 0) return { at: at + bad, code: 'bad-reference' }
    if (open < 0) break

    if (xml.startsWith('<!--', open)) {
      // XML 1.0, 2.5: no -- within, so that the end of a comment inside another doesn't end both unnoticed.
      const end = xml.indexOf('--', open + 4)
      if (end < 0) return { at: open, malformed: 'a comment is not closed.' }
      if (xml[end + 2] !== '>') return { at: open, malformed: 'a comment contains -- or another comment.' }
      at = end + 3
    } else if (xml.startsWith('<![CDATA[', open)) {
      const end = xml.indexOf(']]>', open)
      if (end < 0) return { at: open, malformed: 'a CDATA section is not closed.' }
      if (opened.length === 0) return { at: open, malformed: OUTSIDE }
      at = end + 3
    } else if (xml.startsWith('<!', open)) return { at: open, code: 'doctype' }
    else if (xml.startsWith('<?', open)) return { at: open, code: 'processing-instruction' }
    else {
      const close = tagEnd(xml, open + 1)
      if (close < 0) return { at: open, malformed: 'a tag is not closed.' }
      const tag = xml.slice(open + 1, close)
      const kind = tagKind(tag)
      if (!kind) return { at: open, malformed: 'this is not a tag.' }
      const badInTag = badReference(tag)
      if (badInTag >= 0) return { at: open + 1 + badInTag, code: 'bad-reference' }
      if (kind === 'closing') {
        if (opened.pop() === undefined) return { at: open, malformed: 'a closing tag has no opening one.' }
      } else {
        if (opened.length === 0 && ++roots > 1) return { at: open, code: 'root-repeated' }
        if (opened.length >= MAX_DEPTH) return { at: open, code: 'too-deep' }
        if (kind === 'opening') opened.push(open)
      }
      at = close + 1
    }
  }
  const last = opened.pop()
  if (last !== undefined) {
    const name = NAME.exec(xml.slice(last + 1, tagEnd(xml, last + 1)))?.[0] ?? ''
    return { at: last, malformed: `${quote(name)} is not closed.` }
  }
  return roots === 0 ? { at: 0, code: 'root-missing' } : null
}

/** Returns the kind of the tag between `<` and `>`, or null if it is not a tag. The validator checks the attributes. */
function tagKind(tag: string): 'opening' | 'closing' | 'empty' | null {
  const closing = tag.startsWith('/')
  const named = closing ? tag.slice(1) : tag
  const name = NAME.exec(named)?.[0]
  if (!name) return null
  const rest = named.slice(name.length)
  if (closing) return SPACE.test(rest) ? 'closing' : null
  if (!/^([ \t\r\n]|\/?$)/.test(rest)) return null
  return rest.endsWith('/') ? 'empty' : 'opening'
}

/** Index of the `>` that ends the tag, or -1. A `<` within is no mark-up (XML 1.0, 3.1). */
function tagEnd(xml: string, from: number): number {
  let quote = ''
  for (let i = from; i < xml.length; i++) {
    const c = xml[i]
    if (c === '<') return -1
    if (quote) {
      if (c === quote) quote = ''
    } else if (c === '"' || c === "'") quote = c
    else if (c === '>') return i
  }
  return -1
}
