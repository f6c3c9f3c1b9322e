/**
 * @module
 * Reads a document of either format, told apart by its first character.
 */

import type { Reading } from '../cors/findings.ts'
import { type Advise, conclude, oversize, refused, syntaxError } from './document.ts'
import { readS3Json } from './s3-json.ts'

/**
 * Reads `CORSConfiguration` XML or the S3 JSON shape. Every mistake is a finding: errors first, each with its line
 * where the format knows it. Never throws or rejects. The XML parser is evaluated only when XML is read.
 */
export async function readDocument(text: string, advise?: Advise): Promise<Reading> {
  const tooLarge = oversize(text)
  if (tooLarge) return conclude(refused(tooLarge))
  if (text.includes('\0')) {
    return conclude(
      refused(
        syntaxError(
          'not-text',
          'The document holds NUL characters: it is binary, or text that is not encoded as UTF-8.',
          'Save the document as UTF-8.',
        ),
      ),
    )
  }
  switch (/[^\s\uFEFF]/.exec(text)?.[0]) {
    case '<': {
      const { readXml } = await import('./xml.ts')
      return readXml(text, advise)
    }
    case '{':
    case '[':
      return readS3Json(text, advise)
    default:
      return conclude(
        refused(
          syntaxError(
            'unknown-format',
            'The document is neither XML nor JSON: it begins with none of <, { and [.',
            'Write CORSConfiguration XML, or JSON such as {"CORSRules":[…]}.',
          ),
        ),
      )
  }
}
