/**
 * @module
 * Two answers to one probe, compared; and which differences are the edge's own decisions (docs/parity.md).
 */

import type { ServerAnswer } from './ask.ts'
import type { Probe } from './probes.ts'

export interface AnswerDifference {
  /** `status`, `code`, or the name of a header. */
  readonly field: string
  /** null: there is none. */
  readonly edge: string | null
  readonly bucket: string | null
}

export interface AnswerComparison {
  readonly differences: readonly AnswerDifference[]
  /** Why the edge differs here on purpose; null: it does not, or not only. */
  readonly byDesign: string | null
}

/** What became of a probe; failed: a server gave no answer. */
export type VerifyResult = AnswerComparison | { readonly failed: string }

const VARY_ADDED = 'the edge names Origin in Vary, so that no cache serves one origin the answer for another'
const REFUSED = 'the edge refuses what a browser would throw away (UNMATCHED=refuse)'

/** Compares status, error code, `Access-Control-*` to the character, and Vary as a set. */
export function compare(probe: Probe, edge: ServerAnswer, bucket: ServerAnswer): AnswerComparison {
  const differences: AnswerDifference[] = []
  const add = (field: string, ofEdge: string, ofBucket: string) => {
    if (ofEdge !== ofBucket) differences.push({ field, edge: ofEdge || null, bucket: ofBucket || null })
  }
  add('status', String(edge.status), String(bucket.status))
  // An error to HEAD has no document (RFC 9110 9.3.2).
  if (probe.method !== 'HEAD') add('code', edge.code, bucket.code)
  const names = new Set([...Object.keys(edge.headers), ...Object.keys(bucket.headers)])
  for (const name of [...names].filter(name => name !== 'vary').sort())
    add(name, edge.headers[name] ?? '', bucket.headers[name] ?? '')
  add('vary', varyOf(edge).join(', '), varyOf(bucket).join(', '))
  return { differences, byDesign: whyByDesign(probe, edge, bucket, differences) }
}

/** The names in Vary, lower-case, each once, in order. */
const varyOf = ({ headers }: ServerAnswer): string[] =>
  [...new Set((headers.vary ?? '').split(/[,\n]/).map(name => name.trim().toLowerCase()))]
    .filter(name => name !== '')
    .sort()

function whyByDesign(
  probe: Probe,
  edge: ServerAnswer,
  bucket: ServerAnswer,
  differences: readonly AnswerDifference[],
): string | null {
  if (probe.kind !== 'actual' || differences.length === 0) return null
  const granted = (answer: ServerAnswer) =>
    Object.keys(answer.headers).some(name => name.startsWith('access-control-'))
  const reasons = differences.map(({ field }) => {
    if (field === 'vary') {
      const ofBucket = varyOf(bucket)
      const more = varyOf(edge).filter(name => !ofBucket.includes(name))
      const keepsAll = ofBucket.every(name => varyOf(edge).includes(name))
      return keepsAll && more.every(name => name === 'origin') ? VARY_ADDED : null
    }
    if (field !== 'status' && field !== 'code') return null
    const refused = edge.status === 403 && (probe.method === 'HEAD' || edge.code === 'AccessForbidden')
    return refused && bucket.status < 400 && !granted(edge) && !granted(bucket) ? REFUSED : null
  })
  return reasons.includes(null) ? null : [...new Set(reasons)].join('; ')
}
