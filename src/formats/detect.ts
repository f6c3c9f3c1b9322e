/**
 * @module
 * Rules in any format that is read here, told apart by what they look like.
 */

import type { Configuration } from '../cors/configuration.ts'
import type { Finding, Reading } from '../cors/findings.ts'
import { type Advise, inOrder, lineCounter } from './document.ts'
import { placeOf, placesOf } from './positions.ts'
import { readDocument } from './read.ts'
import { writeS3Json } from './s3-json.ts'
import { exportDocument, importDocument } from './vendors.ts'
import { writeXml } from './xml.ts'

/** `rules`: the XML of COS, S3, OSS and OBS, or S3's JSON, as a rules file holds it. */
export const RULES_FORMATS = ['rules', 'r2', 'gcs', 'azure'] as const
export type RulesFormat = (typeof RULES_FORMATS)[number]

/** Characters that are looked at to tell the format: room for a comment and a first rule. */
const LOOKED_AT = 4096

/** Each format's own words: no other format's document has them as a key or an element. */
const SIGNS: readonly (readonly [RulesFormat, RegExp])[] = [
  [
    'azure',
    /<(?:StorageServiceProperties|Cors)[\s>]|"(?:corsRules|[mM]axAgeInSeconds|[eE]xposedHeaders)"\s*:/,
  ],
  ['r2', /"allowed"\s*:/],
  ['gcs', /"(?:responseHeader|origin|method)"\s*:/],
]

/** The format that a document seems to be in. */
export function formatOf(text: string): RulesFormat {
  const beginning = text.slice(0, LOOKED_AT)
  return SIGNS.find(([, sign]) => sign.test(beginning))?.[0] ?? 'rules'
}

/** True for JSON, of whatever format. */
export const isJson = (text: string): boolean => /^[\s\uFEFF]*[[{]/.test(text)

/**
 * Reads rules in a format, with a line for every finding. Never throws or rejects.
 *
 * @param advise adds advice for a person; without it the reading has errors and what the syntax itself warns of
 */
export const readRules = async (text: string, format: RulesFormat, advise?: Advise): Promise<Reading> =>
  located(
    text,
    await (format === 'rules' ? readDocument(text, advise) : importDocument(format, text, advise)),
  )

/** The reading with lines, for the formats whose readers know none. */
export function located(text: string, { configuration, findings }: Reading): Reading {
  if (findings.every(({ line, path }) => line !== undefined || path === ''))
    return { configuration, findings }
  const places = placesOf(text)
  if (places === null) return { configuration, findings }
  const lineAt = lineCounter(text)
  const withLine = (finding: Finding): Finding => {
    const place = finding.line === undefined ? placeOf(places, finding.path) : null
    return place === null ? finding : { ...finding, line: lineAt(place.start) }
  }
  return { configuration, findings: findings.map(withLine).sort(inOrder) }
}

/** Rules as text, and what the format can't say. */
export interface WrittenRules {
  /** null: the vendor would refuse them; the findings say why. */
  readonly text: string | null
  readonly findings: readonly Finding[]
}

/** Writes rules in a format; those of `rules` as JSON where `like` is JSON. */
export function writeRules(configuration: Configuration, format: RulesFormat, like: string): WrittenRules {
  if (format !== 'rules') return exportDocument(format, configuration)
  return { text: isJson(like) ? writeS3Json(configuration) : writeXml(configuration), findings: [] }
}

/** One rule as JSON of a format, for putting it into a document; null: the format can't say it. */
export function ruleAsJson(rule: Configuration['rules'][number], format: RulesFormat): unknown {
  const { text } = writeRules({ rules: [rule], responseVary: false }, format, '[')
  if (text === null) return null
  const document = JSON.parse(text) as { CORSRules?: unknown[]; rules?: unknown[] } | unknown[]
  return (Array.isArray(document) ? document : (document.CORSRules ?? document.rules))?.[0] ?? null
}
