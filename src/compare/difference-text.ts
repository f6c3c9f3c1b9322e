/**
 * @module
 * A difference of two configurations as a plain sentence: "`https://app.example` loses PUT."
 */

import { METHODS } from '../cors/configuration.ts'
import { quote } from '../cors/findings.ts'
import type { CorsRequest } from '../cors/request.ts'
import type { Difference } from './difference.ts'

/** Origins or header names that one sentence lists; the rest is counted. */
const MAX_LISTED = 8

/** The difference as one sentence, with names in backticks. */
export const differenceText = (difference: Difference): string => capitalized(sentence(difference))

function sentence(difference: Difference): string {
  const { kind, before, after } = difference
  const methods =
    difference.methods.length === METHODS.length ? 'every method' : difference.methods.join(', ')
  const origins = originsText(difference)
  const many = difference.origins.length > 1 && !isOnePhrase(difference)
  const headers = listed(difference.headers.map(headersText))
  switch (kind) {
    case 'rules':
      return difference.example.before === 'no rules'
        ? 'The bucket gets CORS rules: pages that none of them allows are refused, which without rules only their preflights are.'
        : 'The bucket loses its CORS rules: every preflight is refused, and no response has CORS headers.'
    case 'method-lost':
      return `${origins} ${many ? 'lose' : 'loses'} ${methods}.`
    case 'method-gained':
      return `${origins} ${many ? 'gain' : 'gains'} ${methods}.`
    case 'header-lost':
      return `${origins} may no longer send ${headers} with ${methods}.`
    case 'header-gained':
      return `${origins} may now send ${headers} with ${methods}.`
    case 'vary':
      return `Preflights: Vary ${change(before, after)}.`
    case 'credentials':
      return `${answers(difference, origins, methods)} ${credentialsText(before, after)}.`
    case 'expose':
      return `${answers(difference, origins, methods)} exposed headers ${change(before, after)}.`
    case 'max-age':
      return `${answers(difference, origins, methods)} max-age ${change(before, after)}.`
    case 'allow-methods':
    case 'allow-headers':
      return `${answers(difference, origins, methods)} Access-Control-${kind === 'allow-methods' ? 'Allow-Methods' : 'Allow-Headers'} ${change(before, after)}; what is allowed stays the same.`
  }
}

/** `PUT from https://app.example with x-a` */
export function requestText({ origin, method, requestedHeaders }: CorsRequest): string {
  const from = `${quote(method ?? '(no method)')} from ${quote(origin ?? '(no origin)')}`
  if (requestedHeaders === null) return from
  // In two steps, each from the beginning of a run of white space: one pattern would try every place in it.
  const names = requestedHeaders.replace(/(?<!\s)\s+(?=,)/g, '').replace(/,\s*/g, ', ')
  return `${from} with ${quote(names)}`
}

/** `e.g. PUT from https://app.example: allowed by rule 1 → refused` */
export const exampleText = ({ example: { request, before, after } }: Difference): string =>
  before === after
    ? `e.g. ${requestText(request)}: ${before}, before and after`
    : `e.g. ${requestText(request)}: ${before} → ${after}`

function answers({ headers }: Difference, origins: string, methods: string): string {
  const asking = headers.length === 0 ? '' : ` that asks for ${listed(headers.map(headersText))}`
  return `Answers to ${methods} from ${origins}${asking}:`
}

function credentialsText(before: string, after: string): string {
  if (after === 'with credentials')
    return `credentials are allowed now (Access-Control-Allow-Origin ${before} → the origin)`
  if (before === 'with credentials')
    return `credentials are no longer allowed (Access-Control-Allow-Origin the origin → ${after})`
  return `Access-Control-Allow-Origin ${before} → ${after}`
}

const change = (before: string, after: string): string => `${before || 'none'} → ${after || 'none'}`

/** `https://a.example` and every other origin like `https://*.b.example` */
function originsText({ origins, exceptions, moreOrigins = 0 }: Difference): string {
  const like = (every: string, isThis: (label: string) => boolean) => {
    const patterns = origins.filter(label => label.includes('*') && label !== '*' && isThis(label))
    return patterns.length === 0 ? [] : [`${every} like ${listed(patterns.map(code), 'or')}`]
  }
  const isExcepted = (label: string) => exceptions.includes(label)
  const exact = origins.filter(label => !label.includes('*')).map(code)
  return listed([
    ...exact,
    ...like('every origin', label => !isExcepted(label)),
    ...like('every other origin', isExcepted),
    ...(moreOrigins > 0 ? [`${moreOrigins} more origins or patterns`] : []),
    ...(origins.includes('*') ? [isExcepted('*') ? 'every other origin' : 'every origin'] : []),
  ])
}

/** "Every origin like A or B loses" */
const isOnePhrase = ({ origins, exceptions }: Difference): boolean =>
  origins.every(label => label.includes('*') && label !== '*') &&
  (exceptions.length === 0 || exceptions.length === origins.length)

const headersText = (names: readonly string[]): string => names.map(headerText).join(' together with ')

function headerText(name: string): string {
  if (name === '*') return 'any other header'
  return name.includes('*') ? `headers like ${code(name)}` : code(name)
}

const code = (text: string): string => `\`${quote(text)}\``

function listed(items: readonly string[], word: 'and' | 'or' = 'and'): string {
  const shown = items.slice(0, MAX_LISTED)
  const more = items.length - shown.length
  if (more > 0) return `${shown.join(', ')} ${word} ${more} more`
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} ${word} ${shown.at(-1)}`
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
