/**
 * @module
 * Reads CORSConfiguration XML or S3 JSON. The first character decides which of the two.
 */

import type { Reading } from '../cors/findings.ts'
import { type Detected, jsonFormat, xmlFormat } from './detect.ts'
import { type Advise, conclude, oversize, refused, syntaxError } from './document.ts'
import { readS3Json } from './s3-json.ts'

/**
 * Reads `CORSConfiguration` XML or S3 JSON. Every mistake is a finding: errors first, each with its line if the reader
 * knows it. Never throws or rejects. Loads the XML parser only for XML.
 *
 * @example
 * const { configuration, findings } = await readDocument('{"CORSRules": []}')
 * // configuration: null, because findings[0] is an error: 'no-rules'
 */
export async function readDocument(text: string, advise?: Advise): Promise<Reading> {
  const tooLarge = oversize(text)
  if (tooLarge) return conclude(refused(tooLarge))
  if (text.includes('\0')) {
    return conclude(
      refused(
        syntaxError(
          'not-text',
          'The document has NUL characters: it is binary, or its encoding is not UTF-8.',
          'Save the document as UTF-8.',
        ),
      ),
    )
  }
  switch (/[^\s\uFEFF]/.exec(text)?.[0]) {
    case '<': {
      const { readXml } = await import('./xml.ts')
      return named(readXml(text, advise), () => xmlFormat(text))
    }
    case '{':
    case '[':
      return named(readS3Json(text, advise), () => jsonFormat(JSON.parse(text.replace(/^\uFEFF/, ''))))
    default:
      return conclude(
        refused(
          syntaxError(
            'unknown-format',
            'The document is neither XML nor JSON: it does not begin with <, { or [.',
            'Write CORSConfiguration XML, or JSON such as {"CORSRules":[…]}.',
          ),
        ),
      )
  }
}

/** Returns the reading; of another vendor's document, one error that says so, in place of what it lacks. */
function named(reading: Reading, detect: () => Detected | null): Reading {
  const [first] = reading.findings
  if (reading.configuration !== null || SYNTAX.has(first?.code ?? '')) return reading
  const found = detect()
  if (found === null || found.format === 'rules') return reading
  return conclude(
    refused(
      syntaxError(
        first?.code === 'root-wrong' ? 'root-wrong' : 'other-format',
        `The document is ${found.label}, not CORSConfiguration XML or S3 JSON.`,
        found.format === null
          ? "Give the bucket's own CORS configuration."
          : 'Convert it: edge-preflight import FILE --out rules/HOST.xml',
        1,
      ),
    ),
  )
}

/** Errors after which there is nothing to detect, or that say more. */
const SYNTAX: ReadonlySet<string> = new Set(['not-json', 'not-well-formed', 'doctype', 'too-deep'])
