/**
 * @module
 * Rules that are marked with their revision in every header of an answer, so that an answer of two revisions can't
 * look like one of one; and the check of an answer against them.
 */

import type { Configuration } from '../../src/cors/configuration.ts'
import type { DialectName } from '../../src/cors/dialect.ts'
import { writeS3Json } from '../../src/formats/s3-json.ts'
import { writeXml } from '../../src/formats/xml.ts'
import { makeRecord } from '../../src/rules/record.ts'
import type { Answer } from './pipeline.ts'

/** Matched by every origin that is allowed. */
const ALLOWED_ORIGIN = 'https://*.apps.example'
export const allowedOrigin = (at: number) => `https://o${at}.apps.example`
export const refusedOrigin = (at: number) => `https://o${at}.evil.example`
/** A header that every revision allows, to be asked for. */
export const ASKED_HEADER = 'x-both'
/** Rules beside the one that answers: a host's policy has the weight of a real one. */
const OTHER_RULES = 4

const OPTIONAL_METHODS = ['PUT', 'POST', 'DELETE', 'HEAD'] as const
/** GET, and those whose bit the revision has. */
const methodsOf = (revision: number) => [
  'GET' as const,
  ...OPTIONAL_METHODS.filter((_, bit) => (revision >> bit) % 2 === 1),
]

const configurationOf = (revision: number): Configuration => {
  const rule = {
    id: null,
    allowedMethods: methodsOf(revision),
    allowedHeaders: [ASKED_HEADER, `x-rev-${revision}`],
    exposeHeaders: [`x-rev-${revision}`, 'ETag'],
    maxAgeSeconds: revision,
  }
  const others = Array.from({ length: OTHER_RULES }, (_, at) => ({
    ...rule,
    allowedOrigins: [`https://team${at}.example`, `https://*.team${at}.example`],
  }))
  return { rules: [...others, { ...rule, allowedOrigins: [ALLOWED_ORIGIN] }], responseVary: false }
}

/** What KV holds of a revision, in each of the kinds that it may hold: a record, XML, JSON. */
export async function valuesOf(revision: number): Promise<string[]> {
  const configuration = configurationOf(revision)
  const facts = { publishedAt: '2026-01-01T00:00:00Z', source: 'load' }
  return [
    JSON.stringify(await makeRecord(configuration, facts)),
    writeXml(configuration),
    writeS3Json(configuration),
  ]
}

type Kind = 'preflight' | 'actual'

/** What was worked out for each revision, dialect and kind. */
const known = new Map<string, ReadonlyMap<string, string>>()

/** Every CORS header of an answer of a revision but Allow-Origin, which is the request's origin. */
function expected(revision: number, dialect: DialectName, kind: Kind): ReadonlyMap<string, string> {
  const key = `${revision} ${dialect} ${kind}`
  let headers = known.get(key)
  if (headers === undefined) {
    const separator = dialect === 'cos' ? ',' : ', '
    const allowed = dialect === 'cos' ? [ASKED_HEADER, `x-rev-${revision}`] : [ASKED_HEADER]
    headers = new Map([
      ['access-control-allow-credentials', 'true'],
      ['access-control-expose-headers', [`x-rev-${revision}`, 'ETag'].join(separator)],
    ])
    if (kind === 'preflight' || dialect === 's3')
      headers = new Map([
        ...headers,
        ['access-control-allow-methods', methodsOf(revision).join(separator)],
        ['access-control-max-age', String(revision)],
      ])
    if (kind === 'preflight')
      headers = new Map([...headers, ['access-control-allow-headers', allowed.join(separator)]])
    known.set(key, headers)
  }
  return headers
}

/** The revision that an answer shows; 0: none. */
export const revisionOf = ({ headers }: Answer): number =>
  Number(/^x-rev-(\d+)/.exec(headers.get('access-control-expose-headers') ?? '')?.[1] ?? 0)

/**
 * Returns the problem of an allowing answer, or null if it comes entirely from one revision.
 *
 * @param newest the newest revision that KV may have told by now
 */
export function faultOf(
  answer: Answer,
  dialect: DialectName,
  origin: string,
  kind: Kind,
  newest: number,
): string | null {
  const { status, headers } = answer
  if (status !== 200) return `status ${status}`
  const revision = revisionOf(answer)
  if (revision < 1 || revision > newest) return `revision ${revision}, and the newest is ${newest}`
  if (headers.get('access-control-allow-origin') !== origin) return 'another Allow-Origin than its own'
  const wanted = expected(revision, dialect, kind)
  for (const [name, value] of wanted)
    if (headers.get(name) !== value) return `${name} is not "${value}", as in revision ${revision}`
  let granted = 0
  for (const name of headers.keys()) if (name.startsWith('access-control-')) granted++
  return granted === wanted.size + 1 ? null : `${granted} CORS headers instead of ${wanted.size + 1}`
}

/** What is wrong with a refusal; null: it grants nothing. */
export function faultOfRefusal({ status, headers }: Answer): string | null {
  if (status !== 403) return `status ${status}`
  return [...headers.keys()].some(name => name.startsWith('access-control-')) ? 'a refusal that grants' : null
}
