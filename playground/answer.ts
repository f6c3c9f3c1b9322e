/**
 * @module
 * A person's input as a question to the engine, and all that the engine has to say about it.
 */

import { type Configuration, NO_CONFIGURATION } from '../src/cors/configuration.ts'
import type { Reading } from '../src/cors/findings.ts'
import { type Outcome, outcomeOf, type RequestToExplain } from '../src/explain/outcome.ts'
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
}

/** Why the request can't be asked, as one sentence. */
export interface Unasked {
  readonly problem: string
}

/** Asks the engine about the request of a state. */
export async function answer(configuration: Configuration, state: State): Promise<Answered | Unasked> {
  if (state.origin === '')
    return { problem: 'Say which page asks: its origin, such as https://app.example.com.' }
  if (state.method === '') return { problem: 'Choose the method of the request.' }
  // What no header can carry, no browser sends.
  if (/[^\x21-\x7e]/.test(state.origin))
    return {
      problem:
        'No browser sends such an Origin: it is ASCII without spaces, and other names are written in punycode.',
    }
  const url = isHttpUrl(state.url) ? state.url : ANY_URL
  const asked = { configuration, unmatched: state.unmatched, url }
  const question = questionOf(state)
  const [chosen, other] = await Promise.all([
    outcomeOf({ ...asked, dialect: state.dialect }, question),
    outcomeOf({ ...asked, dialect: state.dialect === 'cos' ? 's3' : 'cos' }, question),
  ])
  return { chosen, other, change: smallestChange(configuration, chosen.facts, chosen.question) }
}

const questionOf = ({ origin, method, headers, actual, credentials }: State): RequestToExplain => ({
  origin,
  method,
  headers: namesIn(headers),
  actual,
  credentials,
})

/** Header names from what a person writes: names with commas or line breaks between, with or without values. */
export const namesIn = (text: string): string[] =>
  text
    .split(/[,\n]/)
    .map(item => item.replace(/:.*$/, '').trim())
    .filter(name => name !== '')

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
  if (origin !== '' && origin !== 'null' && own === null)
    hints.push({
      field: 'origin',
      text: 'An origin is a scheme, a host and perhaps a port: https://app.example.',
    })
  else if (own !== null && own.origin !== 'null' && own.origin !== origin)
    hints.push({ field: 'origin', text: `A browser sends ${own.origin}.`, meant: own.origin })
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
