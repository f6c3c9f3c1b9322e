/**
 * @module
 * The errors that keep a configuration from being served, all at once; and the conversion of a written configuration into
 * the engine's form.
 */

import type { Configuration, Rule, WrittenConfiguration, WrittenRule } from './configuration.ts'
import { isMethod, MAX_AGE_SECONDS, MAX_RULES, METHODS } from './configuration.ts'
import { Collector, type Finding } from './findings.ts'
import { isToken } from './token.ts'

/** Controls (C0, DEL, C1), and characters that UTF-8 or XML 1.0 can't carry: nobody means to write one in a value. */
const CONTROL = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u
const DIGITS = /^[0-9]+$/
const NEGATIVE = /^-[0-9]+$/

const hasTwoStars = (text: string): boolean => text.indexOf('*') !== text.lastIndexOf('*')

/**
 * Returns every error of a configuration's values, in document order; empty if it may be served. Linear in the size of
 * the document, at most `MAX_FINDINGS` findings and one that counts the rest. Source: COS and S3 "PUT Bucket cors".
 */
export function lint(written: WrittenConfiguration): Finding[] {
  const errors = new Collector('error')
  const { CORSRule: rules, ResponseVary } = written
  if (rules.length === 0) {
    errors.add(
      'no-rules',
      '',
      '',
      'The configuration has no CORSRule, and a bucket stores none without one.',
      'Add a CORSRule, or delete the configuration where no cross-origin request is wanted.',
    )
  }
  if (rules.length > MAX_RULES) {
    errors.add(
      'too-many-rules',
      `CORSRule[${MAX_RULES + 1}]`,
      String(rules.length),
      `There are ${rules.length} rules, and a bucket stores at most ${MAX_RULES}.`,
      'Merge rules that differ only in their origins.',
    )
  }
  rules.forEach((rule, i) => {
    for (const list of LISTS) lintTexts(errors, rule[list.name], `CORSRule[${i + 1}]`, list)
  })
  lintTexts(errors, ResponseVary, '', { name: 'ResponseVary', check: responseVaryProblem })
  return errors.list()
}

interface TextProblem {
  readonly code: string
  readonly reason: string
  readonly hint: string
}

/** A list of texts and what may be wrong with it. */
interface ListCheck<Name extends string> {
  readonly name: Name
  /** The problem of the text at a position. */
  readonly check: (text: string, position: number) => TextProblem | null
  /** The problem of a list without any text. */
  readonly missing?: TextProblem
}

/** In document order. */
const LISTS: readonly ListCheck<keyof WrittenRule>[] = [
  { name: 'ID', check: (_, i) => (i > 0 ? repeated('id-repeated', 'ID') : null) },
  {
    name: 'AllowedOrigin',
    check: text => (hasTwoStars(text) ? ORIGIN_TWO_STARS : null),
    missing: {
      code: 'origin-missing',
      reason: 'The rule has no AllowedOrigin, so no request could match it.',
      hint: 'Add an AllowedOrigin such as https://www.example.com.',
    },
  },
  {
    name: 'AllowedMethod',
    check: text => (isMethod(text) ? null : unknownMethod(text)),
    missing: {
      code: 'method-missing',
      reason: 'The rule has no AllowedMethod, so no request could match it.',
      hint: `Add an AllowedMethod: ${METHODS.join(', ')}.`,
    },
  },
  {
    name: 'AllowedHeader',
    check: text => {
      if (hasTwoStars(text)) return HEADER_TWO_STARS
      return isToken(text) ? null : notToken('header-not-token', text)
    },
  },
  {
    name: 'ExposeHeader',
    check: text => {
      if (text.includes('*')) return EXPOSE_STAR
      return isToken(text) ? null : notToken('expose-not-token', text)
    },
  },
  {
    name: 'MaxAgeSeconds',
    check: (text, i) => (i > 0 ? repeated('max-age-repeated', 'MaxAgeSeconds') : maxAgeProblem(text)),
  },
]

/** Adds what is wrong with a list. Paths are made for problems alone: an isolate may do this before its first answer. */
function lintTexts<Name extends string>(
  errors: Collector,
  texts: readonly string[],
  path: string,
  { name, check, missing }: ListCheck<Name>,
): void {
  if (texts.length === 0 && missing !== undefined) add(errors, missing, path, '')
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i] ?? ''
    const problem = CONTROL.test(text) ? CONTROL_CHARACTER : check(text, i)
    if (problem !== null) add(errors, problem, `${path === '' ? '' : `${path}/`}${name}[${i + 1}]`, text)
  }
}

const add = (errors: Collector, { code, reason, hint }: TextProblem, path: string, value: string): void =>
  errors.add(code, path, value, reason, hint)

const CONTROL_CHARACTER: TextProblem = {
  code: 'control-character',
  reason: 'The value holds a control character, such as a line break or a tab, and none can be part of it.',
  hint: 'Write the value on one line, close to its tags.',
}
const ORIGIN_TWO_STARS: TextProblem = {
  code: 'origin-two-stars',
  reason: 'An origin may hold one * only.',
  hint: 'Write one AllowedOrigin for each pattern.',
}
const HEADER_TWO_STARS: TextProblem = {
  code: 'header-two-stars',
  reason: 'A request header may hold one * only.',
  hint: 'Write one AllowedHeader for each pattern.',
}
const EXPOSE_STAR: TextProblem = {
  code: 'expose-star',
  reason:
    'An ExposeHeader may not hold *: a bucket refuses it, and browsers ignore it when credentials are sent.',
  hint: 'List every response header by its name.',
}

function maxAgeProblem(text: string): TextProblem | null {
  if (text === '') {
    return {
      code: 'max-age-empty',
      reason: 'MaxAgeSeconds is empty.',
      hint: 'Write a number of seconds, or leave the element out.',
    }
  }
  if (NEGATIVE.test(text)) {
    return {
      code: 'max-age-negative',
      reason: 'MaxAgeSeconds is negative.',
      hint: 'Write 0 to forbid caching, or leave the element out.',
    }
  }
  if (!DIGITS.test(text)) {
    return {
      code: 'max-age-not-integer',
      reason: 'MaxAgeSeconds is not a whole number of seconds.',
      hint: 'Write decimal digits only, such as 600.',
    }
  }
  if (Number(text) > MAX_AGE_SECONDS) {
    return {
      code: 'max-age-too-large',
      reason: `MaxAgeSeconds is over ${MAX_AGE_SECONDS}, the most a 32-bit reader can hold.`,
      hint: 'Write 7200: no Chromium caches a preflight longer.',
    }
  }
  return null
}

function responseVaryProblem(text: string, i: number): TextProblem | null {
  if (i > 0) return repeated('response-vary-repeated', 'ResponseVary')
  if (text === 'true' || text === 'false') return null
  return {
    code: 'response-vary-not-boolean',
    reason: 'ResponseVary is neither true nor false.',
    hint: 'Write true or false in lower case, or leave the element out for false.',
  }
}

const repeated = (code: string, name: string): TextProblem => ({
  code,
  reason: `${name} is written more than once, and only one can hold.`,
  hint: 'Keep one of them.',
})

const notToken = (code: string, text: string): TextProblem => ({
  code,
  reason:
    text === ''
      ? 'A header name is empty.'
      : 'This is not a header name: one of its characters can be in none.',
  hint: 'Write one header name per element: letters, digits and -, no spaces, no commas, no colon.',
})

function unknownMethod(text: string): TextProblem {
  const meant = text.trim().toUpperCase()
  let hint = `Write one of ${METHODS.join(', ')} per element.`
  if (isMethod(meant)) hint = `Write ${meant}: in upper case and without spaces.`
  if (meant === 'OPTIONS') hint = 'Leave it out: preflights of an allowed method are always answered.'
  return {
    code: 'method-unknown',
    reason: `A rule can allow ${METHODS.join(', ')} only, and methods are case-sensitive.`,
    hint,
  }
}

/**
 * Converts a written configuration into the engine's form. Serve it only if `lint` returns no error. An empty ID counts as
 * no ID.
 */
export function toConfiguration(written: WrittenConfiguration): Configuration {
  return { rules: written.CORSRule.map(toRule), responseVary: written.ResponseVary[0] === 'true' }
}

function toRule(rule: WrittenRule): Rule {
  const maxAge = rule.MaxAgeSeconds[0]
  return {
    id: rule.ID[0] || null,
    allowedOrigins: rule.AllowedOrigin,
    allowedMethods: rule.AllowedMethod.filter(isMethod),
    allowedHeaders: rule.AllowedHeader,
    exposeHeaders: rule.ExposeHeader,
    maxAgeSeconds: maxAge === undefined ? null : Number(maxAge),
  }
}
