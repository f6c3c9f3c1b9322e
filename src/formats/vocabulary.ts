/**
 * @module
 * Findings in the names of the format that the person wrote, in place of those of `CORSConfiguration` XML.
 */

import type { Finding, Reading } from '../cors/findings.ts'
import { type Advise, conclude, type Document } from './document.ts'
import type { RuleField } from './places.ts'

/** Field → the key of the document's format. */
export type FieldNames = Partial<Readonly<Record<RuleField, string>>>

/** A document in the names of another format than `CORSConfiguration` XML. */
export interface NamedDocument extends Document {
  readonly names: FieldNames
  /** Returns true for the path of a value that the reader itself put there: nobody is warned of it. */
  readonly imported?: (path: string) => boolean
  /** A field that the reader fills from another one: nothing is reported there. */
  readonly derived?: RuleField
}

/** Concludes a document, with its findings in the document's own names. */
export function concludeNamed(document: NamedDocument, advise?: Advise): Reading {
  const { names, imported, derived } = document
  const adviseOwn: Advise | undefined =
    advise && ((written, errors) => advise(written, errors).filter(({ path }) => !imported?.(path)))
  const { configuration, findings } = conclude(document, adviseOwn)
  const own = findings.filter(({ path }) => derived === undefined || !path.includes(`/${derived}[`))
  return { configuration, findings: own.map(finding => inNamesOf(names, finding)) }
}

const FIELD =
  /\b(?:([Aa]n?|one|each) )?(AllowedOrigin|AllowedMethod|AllowedHeader|ExposeHeader|MaxAgeSeconds|ID)\b/g
const SCALARS: ReadonlySet<string> = new Set(['MaxAgeSeconds', 'ID'])

/** Returns the finding with the format's names in `reason` and `hint`, and its place in them as `where`. */
export function inNamesOf(names: FieldNames, finding: Finding): Finding {
  const { code, path, reason, hint } = finding
  const where = path.replace(/^CORSRule/, 'rule').replace(/\/(\w+)/, (whole, field: string) =>
    // An unknown name is as the person wrote it.
    code !== 'unknown-element' && isNamed(names, field) ? `/${names[field]}` : whole,
  )
  return {
    ...finding,
    reason: inWords(names, reason),
    hint: inWords(names, hint),
    ...(where === path ? {} : { where }),
  }
}

const isNamed = (names: FieldNames, field: string): field is RuleField => Object.hasOwn(names, field)

const inWords = (names: FieldNames, sentence: string): string =>
  sentence
    .replace(/\ba CORSRule\b/g, 'a rule')
    .replace(/\bno CORSRule\b/g, 'no rule')
    .replace(/\b(the|The|per) element\b/g, '$1 value')
    .replace(/\bthis element\b/g, 'this key')
    .replace(FIELD, (whole, article: string | undefined, field: string) => {
      if (!isNamed(names, field)) return whole
      const key = `"${names[field]}"`
      if (article === undefined) return key
      return SCALARS.has(field) ? key : `${article.replace(/n$/, '')} value in ${key}`
    })
