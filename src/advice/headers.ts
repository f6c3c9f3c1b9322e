/**
 * @module
 * Advice on the header lists of rules.
 */

import type { Rule } from '../cors/configuration.ts'
import type { Collector } from '../cors/findings.ts'
import { isForbiddenRequestHeader, SAFELISTED_RESPONSE_HEADERS } from '../explain/header-names.ts'

const isProtocol = (name: string): boolean => /^access-control-/i.test(name)

/** Warns of headers that have no effect in their list. */
export function adviseHeaders(warnings: Collector, rule: Rule, path: string): void {
  const { allowedHeaders, exposeHeaders } = rule
  const protocol = (field: string, names: readonly string[]) =>
    names.forEach((name, i) => {
      if (!isProtocol(name)) return
      warnings.add(
        'header-access-control',
        `${path}/${field}[${i + 1}]`,
        name,
        'The bucket sends Access-Control-* headers by itself: listing one allows nothing, and no script can read or send it.',
        'Remove it.',
      )
    })
  protocol('AllowedHeader', allowedHeaders)
  protocol('ExposeHeader', exposeHeaders)
  allowedHeaders.forEach((name, i) => {
    if (!isForbiddenRequestHeader(name) || isProtocol(name)) return
    warnings.add(
      'header-forbidden',
      `${path}/AllowedHeader[${i + 1}]`,
      name,
      'Only the browser sets this header, and it never requests it in a preflight.',
      'Remove the element.',
    )
  })
  // A safelisted name beside others does no harm; alone, it shows that something else is missing.
  if (
    exposeHeaders.length > 0 &&
    exposeHeaders.every(name => SAFELISTED_RESPONSE_HEADERS.has(name.toLowerCase()))
  )
    warnings.add(
      'expose-safelisted',
      `${path}/ExposeHeader[1]`,
      exposeHeaders.join(', '),
      'Scripts can read these response headers anyway, so the list has no effect.',
      'Expose the header that the script cannot read, such as ETag; or remove the list.',
    )
}

/** Returns true if a script that reads ranges is meant, and cannot read which range it has. */
const isForRanges = (exposed: readonly string[]): boolean =>
  ['etag', 'accept-ranges', 'content-length'].some(name => exposed.includes(name)) &&
  !exposed.includes('content-range')

/** Warns of rules for readers of ranges (players, PDF viewers, map tiles) that hide what these read. Once a document. */
export function adviseRanges(warnings: Collector, rules: readonly Rule[], sound: readonly Rule[]): void {
  const rule = sound.find(
    ({ allowedHeaders, allowedMethods, exposeHeaders }) =>
      allowedMethods.includes('GET') &&
      allowedHeaders.some(name => name.toLowerCase() === 'range') &&
      isForRanges(exposeHeaders.map(name => name.toLowerCase())),
  )
  if (rule === undefined) return
  const at = rule.allowedHeaders.findIndex(name => name.toLowerCase() === 'range')
  warnings.add(
    'range-not-exposed',
    `CORSRule[${rules.indexOf(rule) + 1}]/AllowedHeader[${at + 1}]`,
    rule.allowedHeaders[at] ?? '',
    'The rule allows requests for ranges, but scripts cannot read Content-Range: many players and viewers need it.',
    'Add the ExposeHeaders Content-Range, Accept-Ranges and ETag.',
  )
}
