/**
 * @module
 * Compares two answers to one probe, and recognises the edge's intended differences (docs/parity.md).
 */

import type { ServerAnswer } from './ask.ts'
import { listOf } from './browser.ts'
import { classOf, type DifferenceClass } from './difference-class.ts'
import type { Probe } from './probes.ts'

export interface AnswerDifference {
  /** `status`, `code`, or the name of a header. */
  readonly field: string
  /** null if missing. */
  readonly edge: string | null
  readonly bucket: string | null
}

export interface AnswerComparison {
  readonly differences: readonly AnswerDifference[]
  /** Why the edge differs by design. null if any difference is not by design. */
  readonly byDesign: string | null
  /** What a browser makes of the differences. null without any. */
  readonly class: DifferenceClass | null
  /** Whether the edge's answer grants access. */
  readonly granted: boolean
}

/** The result of a probe. `failed` if a server did not answer. */
export type VerifyResult = AnswerComparison | { readonly failed: string }

const VARY_ADDED = 'the edge names Origin in Vary, so that no cache serves one origin the answer for another'
const REFUSED = 'the edge refuses a request whose response a browser would block (UNMATCHED=refuse)'

/** Compares status, error code, `Access-Control-*` exactly, and Vary as a set. */
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
  return {
    differences,
    byDesign: whyByDesign(probe, edge, bucket, differences),
    class: differences.length === 0 ? null : classOf(probe, edge, bucket),
    granted: isGranted(edge),
  }
}

const isGranted = ({ status, headers }: ServerAnswer): boolean =>
  status < 400 && headers['access-control-allow-origin'] !== undefined

const varyOf = (answer: ServerAnswer): string[] => listOf(answer, 'vary')

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
