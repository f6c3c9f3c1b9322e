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
    lintRule(errors, rule, `CORSRule[${i + 1}]`)
  })
  ResponseVary.forEach((text, i) => {
    lintResponseVary(errors, text, `ResponseVary[${i + 1}]`, i)
  })
  return errors.list()
}

function lintRule(errors: Collector, rule: WrittenRule, path: string): void {
  const each = (name: keyof WrittenRule, check: (text: string, path: string, index: number) => void) => {
    rule[name].forEach((text, i) => {
      const at = `${path}/${name}[${i + 1}]`
      if (!lintControl(errors, text, at)) check(text, at, i)
    })
  }
  each('ID', (text, at, i) => {
    if (i > 0) repeated(errors, 'id-repeated', at, text, 'ID')
  })
  if (rule.AllowedOrigin.length === 0) {
    errors.add(
      'origin-missing',
      path,
      '',
      'The rule has no AllowedOrigin, so no request could match it.',
      'Add an AllowedOrigin such as https://www.example.com.',
    )
  }
  each('AllowedOrigin', (text, at) => {
    if (!hasTwoStars(text)) return
    errors.add(
      'origin-two-stars',
      at,
      text,
      'An origin may hold one * only.',
      'Write one AllowedOrigin for each pattern.',
    )
  })
  if (rule.AllowedMethod.length === 0) {
    errors.add(
      'method-missing',
      path,
      '',
      'The rule has no AllowedMethod, so no request could match it.',
      `Add an AllowedMethod: ${METHODS.join(', ')}.`,
    )
  }
  each('AllowedMethod', (text, at) => {
    if (!isMethod(text)) unknownMethod(errors, at, text)
  })
  each('AllowedHeader', (text, at) => {
    if (hasTwoStars(text)) {
      errors.add(
        'header-two-stars',
        at,
        text,
        'A request header may hold one * only.',
        'Write one AllowedHeader for each pattern.',
      )
    } else if (!isToken(text)) notToken(errors, 'header-not-token', at, text)
  })
  each('ExposeHeader', (text, at) => {
    if (text.includes('*')) {
      errors.add(
        'expose-star',
        at,
        text,
        'An ExposeHeader may not hold *: a bucket refuses it, and browsers ignore it when credentials are sent.',
        'List every response header by its name.',
      )
    } else if (!isToken(text)) notToken(errors, 'expose-not-token', at, text)
  })
  each('MaxAgeSeconds', (text, at, i) => {
    if (i > 0) repeated(errors, 'max-age-repeated', at, text, 'MaxAgeSeconds')
    else lintMaxAge(errors, text, at)
  })
}

function lintMaxAge(errors: Collector, text: string, path: string): void {
  if (text === '') {
    errors.add(
      'max-age-empty',
      path,
      text,
      'MaxAgeSeconds is empty.',
      'Write a number of seconds, or leave the element out.',
    )
  } else if (NEGATIVE.test(text)) {
    errors.add(
      'max-age-negative',
      path,
      text,
      'MaxAgeSeconds is negative.',
      'Write 0 to forbid caching, or leave the element out.',
    )
  } else if (!DIGITS.test(text)) {
    errors.add(
      'max-age-not-integer',
      path,
      text,
      'MaxAgeSeconds is not a whole number of seconds.',
      'Write decimal digits only, such as 600.',
    )
  } else if (Number(text) > MAX_AGE_SECONDS) {
    errors.add(
      'max-age-too-large',
      path,
      text,
      `MaxAgeSeconds is over ${MAX_AGE_SECONDS}, the most a 32-bit reader can hold.`,
      'Write 7200: no Chromium caches a preflight longer.',
    )
  }
}

function lintResponseVary(errors: Collector, text: string, path: string, index: number): void {
  if (lintControl(errors, text, path)) return
  if (index > 0) repeated(errors, 'response-vary-repeated', path, text, 'ResponseVary')
  else if (text !== 'true' && text !== 'false') {
    errors.add(
      'response-vary-not-boolean',
      path,
      text,
      'ResponseVary is neither true nor false.',
      'Write true or false in lower case, or leave the element out for false.',
    )
  }
}

function lintControl(errors: Collector, text: string, path: string): boolean {
  if (!CONTROL.test(text)) return false
  errors.add(
    'control-character',
    path,
    text,
    'The value holds a control character, such as a line break or a tab, and none can be part of it.',
    'Write the value on one line, close to its tags.',
  )
  return true
}

function repeated(errors: Collector, code: string, path: string, text: string, name: string): void {
  errors.add(
    code,
    path,
    text,
    `${name} is written more than once, and only one can hold.`,
    'Keep one of them.',
  )
}

function notToken(errors: Collector, code: string, path: string, text: string): void {
  errors.add(
    code,
    path,
    text,
    text === ''
      ? 'A header name is empty.'
      : 'This is not a header name: one of its characters can be in none.',
    'Write one header name per element: letters, digits and -, no spaces, no commas, no colon.',
  )
}

function unknownMethod(errors: Collector, path: string, text: string): void {
  const meant = text.trim().toUpperCase()
  let hint = `Write one of ${METHODS.join(', ')} per element.`
  if (isMethod(meant)) hint = `Write ${meant}: in upper case and without spaces.`
  if (meant === 'OPTIONS') hint = 'Leave it out: preflights of an allowed method are always answered.'
  errors.add(
    'method-unknown',
    path,
    text,
    `A rule can allow ${METHODS.join(', ')} only, and methods are case-sensitive.`,
    hint,
  )
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
