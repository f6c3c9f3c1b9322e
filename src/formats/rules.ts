/**
 * @module
 * Reads and writes rules in every format: for the command line and the playground. The Worker reads with read.ts alone.
 */

import type { Configuration } from '../cors/configuration.ts'
import type { Finding, Reading } from '../cors/findings.ts'
import { readAzureXml } from './azure-xml.ts'
import {
  type Detected,
  isJson,
  isXml,
  jsonFormat,
  RULES_FORMATS,
  type RulesFormat,
  xmlFormat,
} from './detect.ts'
import { type Advise, inOrder, lineCounter, oversize, syntaxError } from './document.ts'
import { readGcsXml } from './gcs-xml.ts'
import { JSON_FORMATS } from './json-formats.ts'
import { readJsonRules } from './json-rules.ts'
import { type JsonTree, parseJson, plainValue } from './json-tree.ts'
import { nameJavaScript, nameMismatch, nameOther, nameText } from './other-things.ts'
import { placeOf, placesOf } from './positions.ts'
import { readDocument } from './read.ts'
import { writeS3Json } from './s3-json.ts'
import { isS3Variant } from './s3-variants.ts'
import { exportDocument } from './vendors.ts'
import { concludeNamed, inNamesOf } from './vocabulary.ts'
import { writeXml } from './xml.ts'

export { isJson, RULES_FORMATS, type RulesFormat }

/** A reading, and what the document was read as. */
export interface RulesReading extends Reading {
  /** null if the document is something else than rules. */
  readonly format: RulesFormat | null
  /** As a sentence says it: `Google Cloud Storage JSON`. */
  readonly label: string
}

/** Returns the format that rules are in; `rules` if they are in none that is known. */
export const formatOf = (text: string): RulesFormat => detected(text)?.format ?? 'rules'

function detected(text: string, tree: JsonTree | null = treeOf(text)): Detected | null {
  if (isXml(text)) return xmlFormat(text)
  return tree?.root ? jsonFormat(plainValue(tree.root)) : null
}

/** JSON with comments before its first bracket is JSON with a mistake. */
const COMMENTED = /^[\s\uFEFF]*(?:\/\/[^\n]*\n\s*|\/\*(?:[^*]|\*(?!\/))*\*\/\s*){1,100}[[{]/
const treeOf = (text: string): JsonTree | null =>
  oversize(text) === null && (isJson(text) || COMMENTED.test(text)) ? parseJson(text) : null

/**
 * Reads rules with a line for every finding. Never throws or rejects.
 *
 * @param format the format; by default the one that is detected
 * @param advise adds advice for people; without it the reading has only errors and the warnings of the syntax
 */
export async function readRules(text: string, format?: RulesFormat, advise?: Advise): Promise<RulesReading> {
  const tree = treeOf(text)
  const found = detected(text, tree)
  // An SDK's spelling has no vendor of its own.
  const as = format === undefined || found?.format === 'sdk' ? (found ? found.format : 'rules') : format
  const label = found?.label ?? (isXml(text) ? 'XML' : isJson(text) ? 'JSON' : 'text')
  const read = (reading: Reading): RulesReading => ({ ...reading, format: as, label })
  const only = (findings: readonly Finding[]) => read({ configuration: null, findings })
  const tooLarge = oversize(text)
  if (tooLarge !== null) return only([tooLarge])
  if (!isXml(text) && tree === null) {
    const named = nameText(text)
    if (named !== null)
      return { configuration: null, findings: [named.finding], format: null, label: named.label }
  }
  if (found !== null && (as === null || found.format === null))
    return { ...only([nameOther(text, found)]), format: null }
  if (found !== null && format !== undefined && !isCompatible(format, found.format))
    return only([nameMismatch(text, found)])
  if (tree !== null && tree.problems.length > 0) {
    // An object of a program: one answer in place of one for each key.
    if (!OBJECT_LITERAL.test(text)) return only(syntaxErrors(text, tree, label))
    const line = lineCounter(text)(tree.problems[0]?.at ?? 0)
    return { configuration: null, findings: [nameJavaScript(line)], format: null, label: 'JavaScript' }
  }
  if (isXml(text)) {
    if (as === 'gcs') return read(concludeNamed(readGcsXml(text), advise))
    if (as === 'azure') return read(concludeNamed(readAzureXml(text), advise))
  }
  if (!tree?.root) return read(located(text, await readDocument(text, advise)))
  // S3's shapes are R2's, too: its dashboard and its S3 API take them.
  const like = as === 'r2' && found?.format === 'rules' ? 'rules' : (as ?? 'rules')
  if (like !== 'rules' || isS3Variant(tree.root))
    return read(concludeNamed(readJsonRules(text, tree.root, JSON_FORMATS[like]), advise))
  const reading = located(text, await readDocument(text, advise))
  return read({ ...reading, findings: reading.findings.map(finding => inNamesOf(namesIn(text), finding)) })
}

/** Returns true if a document of the format that is detected may be read as `format`. */
const isCompatible = (format: RulesFormat, found: RulesFormat | null): boolean =>
  found === format || found === 'sdk' || (format === 'r2' && found === 'rules')

/** The names of S3 JSON, in the number that the document has them. */
const namesIn = (text: string) => {
  const name = (plural: string) =>
    text.includes(`"${plural}"`) || !text.includes(`"${plural.slice(0, -1)}"`) ? plural : plural.slice(0, -1)
  return {
    AllowedOrigin: name('AllowedOrigins'),
    AllowedMethod: name('AllowedMethods'),
    AllowedHeader: name('AllowedHeaders'),
    ExposeHeader: name('ExposeHeaders'),
    MaxAgeSeconds: 'MaxAgeSeconds',
    ID: 'ID',
  }
}

/** The first key is unquoted. */
const OBJECT_LITERAL = /^\s*[[{]\s*(?:\{\s*)?[A-Za-z]\w*\s*:/

function syntaxErrors(text: string, { problems }: JsonTree, label: string): Finding[] {
  const lineAt = lineCounter(text)
  // The first of each kind: the same mistake again is corrected along with it.
  const kinds = new Map(problems.toReversed().map(problem => [problem.reason, problem]))
  return [...kinds.values()]
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, reason, hint }) =>
      syntaxError(
        'not-json',
        `The document (${label}) is not valid JSON: ${decapitalized(reason)}.`,
        hint,
        lineAt(at),
      ),
    )
}

const decapitalized = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1)

/** Returns the reading with lines, for a reader that knows none. */
function located(text: string, { configuration, findings }: Reading): Reading {
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

/** Rules as text, with what the format cannot express. */
export interface WrittenRules {
  /** null if the format cannot be written, or the vendor would refuse it; the findings say why. */
  readonly text: string | null
  readonly findings: readonly Finding[]
}

/** Writes rules in a format; those of `rules` as JSON if `like` is JSON. */
export function writeRules(configuration: Configuration, format: RulesFormat, like: string): WrittenRules {
  if (format === 'r2' || format === 'gcs' || format === 'azure') return exportDocument(format, configuration)
  if (format !== 'rules') return { text: null, findings: [] }
  return { text: isJson(like) ? writeS3Json(configuration) : writeXml(configuration), findings: [] }
}

/** Returns one rule as JSON of a format, to be put into a document; null if the format cannot express it. */
export function ruleAsJson(rule: Configuration['rules'][number], format: RulesFormat): unknown {
  const { text } = writeRules({ rules: [rule], responseVary: false }, format, '[')
  if (text === null || !isJson(text)) return null
  const document = JSON.parse(text) as { CORSRules?: unknown[]; rules?: unknown[] } | unknown[]
  return (Array.isArray(document) ? document : (document.CORSRules ?? document.rules))?.[0] ?? null
}
