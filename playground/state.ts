/**
 * @module
 * What a person has put into the page: all that a shared link holds, and nothing that was only pasted.
 */

import { CLIENTS } from '../src/clients/clients.ts'
import { DIALECTS, type DialectName } from '../src/cors/dialect.ts'
import { RULES_FORMATS, type RulesFormat } from '../src/formats/detect.ts'
import { EXAMPLE_RULES } from './example.ts'

export const TABS = ['explain', 'compare'] as const
export type Tab = (typeof TABS)[number]

/** What a document is in; `detect`: what it looks like. */
export type FormatChoice = RulesFormat | 'detect'
export const FORMAT_CHOICES: readonly FormatChoice[] = ['detect', ...RULES_FORMATS]

export type Unmatched = 'refuse' | 'forward'

export interface State {
  readonly tab: Tab
  readonly rules: string
  readonly format: FormatChoice
  /** The other rule set of a comparison: what was there before. */
  readonly before: string
  readonly beforeFormat: FormatChoice
  /** The rules that `rules` may never be wider than; empty for no limit. */
  readonly guardrail: string
  readonly guardrailFormat: FormatChoice
  readonly url: string
  readonly origin: string
  readonly method: string
  /** Names, as a person writes them: `content-type, x-cos-acl`. */
  readonly headers: string
  readonly credentials: boolean
  /** The request itself, not its preflight. */
  readonly actual: boolean
  /** The script may set more headers than these: a pasted message does not list them. */
  readonly open: boolean
  readonly dialect: DialectName
  readonly unmatched: Unmatched
  /** ID of the client that the rules are held against; empty without one. */
  readonly client: string
}

/** What the page begins with: rules, and a request that they refuse for one reason. */
export const EXAMPLE: State = {
  tab: 'explain',
  rules: EXAMPLE_RULES,
  format: 'detect',
  before: '',
  beforeFormat: 'detect',
  guardrail: '',
  guardrailFormat: 'detect',
  url: 'https://files.example.com/reports/2026.pdf',
  origin: 'https://shop.example.com',
  method: 'PUT',
  headers: 'content-type, x-cos-meta-author',
  credentials: false,
  actual: false,
  open: false,
  dialect: 'cos',
  unmatched: 'refuse',
  client: '',
}

/** Characters of a document that the page keeps: more than a bucket stores, so that the page can say so. */
export const MAX_DOCUMENT_CHARACTERS = 200_000
/** Characters of any other field. */
const MAX_FIELD_CHARACTERS = 10_000

/**
 * The state that a link holds; what it leaves out is as in the example.
 *
 * @param value parsed JSON, or the fields of a plain link
 * @returns null when a field is not what it should be
 */
export function stateFrom(value: unknown): State | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const fields = new Map(Object.entries(value))
  let bad = false
  const read = <T>(name: keyof State, is: (content: unknown) => content is T, fallback: T): T => {
    const content = fields.get(name)
    if (content === undefined) return fallback
    if (is(content)) return content
    bad = true
    return fallback
  }
  const state: State = {
    tab: read('tab', isOneOf(TABS), EXAMPLE.tab),
    rules: read('rules', isText(MAX_DOCUMENT_CHARACTERS), EXAMPLE.rules),
    format: read('format', isOneOf(FORMAT_CHOICES), EXAMPLE.format),
    before: read('before', isText(MAX_DOCUMENT_CHARACTERS), EXAMPLE.before),
    beforeFormat: read('beforeFormat', isOneOf(FORMAT_CHOICES), EXAMPLE.beforeFormat),
    guardrail: read('guardrail', isText(MAX_DOCUMENT_CHARACTERS), EXAMPLE.guardrail),
    guardrailFormat: read('guardrailFormat', isOneOf(FORMAT_CHOICES), EXAMPLE.guardrailFormat),
    url: read('url', isText(MAX_FIELD_CHARACTERS), EXAMPLE.url),
    origin: read('origin', isText(MAX_FIELD_CHARACTERS), EXAMPLE.origin),
    method: read('method', isText(MAX_FIELD_CHARACTERS), EXAMPLE.method),
    headers: read('headers', isText(MAX_FIELD_CHARACTERS), EXAMPLE.headers),
    credentials: read('credentials', isBoolean, EXAMPLE.credentials),
    actual: read('actual', isBoolean, EXAMPLE.actual),
    open: read('open', isBoolean, EXAMPLE.open),
    dialect: read('dialect', isOneOf(DIALECTS), EXAMPLE.dialect),
    unmatched: read('unmatched', isOneOf(['refuse', 'forward'] as const), EXAMPLE.unmatched),
    client: read('client', isOneOf(['', ...CLIENTS.map(({ id }) => id)]), EXAMPLE.client),
  }
  return bad ? null : state
}

const isText =
  (most: number) =>
  (content: unknown): content is string =>
    typeof content === 'string' && content.length <= most

const isBoolean = (content: unknown): content is boolean => typeof content === 'boolean'

const isOneOf =
  <T extends string>(values: readonly T[]) =>
  (content: unknown): content is T =>
    (values as readonly unknown[]).includes(content)
