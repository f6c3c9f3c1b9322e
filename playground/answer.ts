/**
 * @module
 * A person's input as a question to the engine, and all that the engine has to say about it.
 */

import { type Configuration, NO_CONFIGURATION } from '../src/cors/configuration.ts'
import type { Reading } from '../src/cors/findings.ts'
import { browserOriginOf, isBrowserOrigin } from '../src/explain/browser-origin.ts'
import { type Outcome, outcomeOf, type RequestToExplain } from '../src/explain/outcome.ts'
import {
  isUndetermined,
  methodOutcomes,
  methodSentence,
  ruleSentence,
  rulesFor,
} from '../src/explain/possible.ts'
import { type Change, type NoChange, smallestChange } from '../src/explain/smallest-change.ts'
import { formatOf, type RulesFormat } from '../src/formats/rules.ts'
import type { FormatChoice, State } from './state.ts'

/** The URL to ask about where the form has no valid one. */
const ANY_URL = 'https://files.example.com/exampleobject'

/** What becomes of the request, by the rules as they are. */
export interface Answered {
  /** As the chosen dialect answers. */
  readonly chosen: Outcome
  /** As the other dialect does. */
  readonly other: Outcome
  /** null: the rules allow it as they are. */
  readonly change: Change | NoChange | null
  /** Where the script's headers are unknown and decide: the rules that allow some, as sentences. Otherwise empty. */
  readonly undetermined: readonly string[]
}

/** Why the request can't be asked, as one sentence. */
export interface Unasked {
  readonly problem: string
  /** What becomes of each method, where the method is unknown. */
  readonly methods?: readonly { readonly method: string; readonly text: string }[]
}

/** Asks the engine about the request of a state. */
export async function answer(configuration: Configuration, state: State): Promise<Answered | Unasked> {
  if (state.origin === '')
    return { problem: 'Say which page asks: its origin, such as https://app.example.com.' }
  if (!isBrowserOrigin(state.origin)) {
    const sent = browserOriginOf(state.origin)
    return {
      problem: `No browser sends this origin. ${sent === null ? 'Write one such as https://app.example.com.' : `Write ${sent}.`}`,
    }
  }
  const url = isHttpUrl(state.url) ? state.url : ANY_URL
  const asked = { configuration, unmatched: state.unmatched, url }
  const question = questionOf(state)
  if (state.method === '') {
    const open = { ...question, method: null, knowsHeaders: !state.open }
    const outcomes = await methodOutcomes({ ...asked, dialect: state.dialect }, open)
    return {
      problem: 'Choose the method of the request.',
      methods: outcomes.map(outcome => ({
        method: outcome.outcome.question.method,
        text: methodSentence(outcome),
      })),
    }
  }
  const [chosen, other] = await Promise.all([
    outcomeOf({ ...asked, dialect: state.dialect }, question),
    outcomeOf({ ...asked, dialect: state.dialect === 'cos' ? 's3' : 'cos' }, question),
  ])
  const isOpen = state.open && isUndetermined(chosen)
  return {
    chosen,
    other,
    change: smallestChange(configuration, chosen.facts, chosen.question),
    undetermined: isOpen ? rulesFor(chosen).map(ruleSentence) : [],
  }
}

const questionOf = ({ origin, method, headers, actual, credentials }: State): RequestToExplain => ({
  origin,
  method,
  headers: namesIn(headers),
  values: valuesIn(headers),
  actual,
  credentials,
})

/** Header names from what a person writes: names with commas or line breaks between, with or without values. */
export const namesIn = (text: string): string[] =>
  text
    .split(/[,\n]/)
    .map(item => (item.split(':', 1)[0] ?? '').trim())
    .filter(name => name !== '')

/** The values of the headers that a person writes with one, by lower-cased name. */
const valuesIn = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split(/[,\n]/).flatMap(item => {
      const colon = item.indexOf(':')
      const value = item.slice(colon + 1).trim()
      return colon === -1 || value === '' ? [] : [[item.slice(0, colon).trim().toLowerCase(), value] as const]
    }),
  )

export function isHttpUrl(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:')
}

/** A field of the request that no browser would send as written. */
export interface Hint {
  readonly field: 'url' | 'origin'
  readonly text: string
  /** The value that was probably meant. */
  readonly meant?: string
}

export function hintsFor({ url, origin }: State): readonly Hint[] {
  const hints: Hint[] = []
  if (url !== '' && !isHttpUrl(url))
    hints.push({ field: 'url', text: `This is not an http or https URL, so ${ANY_URL} is asked about.` })
  const own = origin === 'null' ? null : URL.parse(origin)
  const meant = browserOriginOf(origin)
  if (origin !== '' && origin !== 'null' && own === null && meant === null)
    hints.push({
      field: 'origin',
      text: 'An origin is a scheme, a host and perhaps a port: https://app.example.',
    })
  else if (meant !== null && meant !== origin)
    hints.push({ field: 'origin', text: `A browser sends ${meant}.`, meant })
  if (own !== null && own.origin === URL.parse(url)?.origin)
    hints.push({
      field: 'origin',
      text: 'Page and URL have the same origin: a browser sends no preflight there.',
    })
  return hints
}

export const formatIn = (text: string, choice: FormatChoice): RulesFormat =>
  choice === 'detect' ? formatOf(text) : choice

/** Reads a document, the last one from memory. No text at all is a bucket without rules. */
export function remembering(
  read: (text: string, format: RulesFormat) => Promise<Reading>,
): (text: string, choice: FormatChoice) => Promise<Reading> {
  let last: { text: string; format: RulesFormat; reading: Promise<Reading> } | null = null
  return async (text, choice) => {
    if (text.trim() === '') return { configuration: NO_CONFIGURATION, findings: [] }
    const format = formatIn(text, choice)
    if (last?.text !== text || last.format !== format) last = { text, format, reading: read(text, format) }
    return last.reading
  }
}
