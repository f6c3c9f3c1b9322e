/**
 * @module
 * Classes of differences between edge and bucket, by what a browser makes of them.
 */

import type { ServerAnswer } from './ask.ts'
import { browserView } from './browser.ts'
import type { Probe } from './probes.ts'

/**
 * `decision`: a browser allows one answer and blocks the other, or a page gets another response. `readable`: the answers
 * differ for requests with credentials, or in the response headers that a page can read. `refusal`: both refuse, with
 * another status or code; also what no browser sends. `form`: the same effect, written otherwise.
 */
export type DifferenceClass = 'decision' | 'readable' | 'refusal' | 'form'

/** The classes, the most serious first, with their headings. */
export const CLASS_HEADINGS: Readonly<Record<DifferenceClass, string>> = {
  decision: 'A browser decides otherwise',
  readable: 'Credentials or readable headers differ',
  refusal: 'Status or code of a refusal differs, or the answer to a request that no browser sends',
  form: 'Form only: a browser treats both answers alike',
}

export const CLASSES = Object.keys(CLASS_HEADINGS) as DifferenceClass[]

/** Returns the class of two answers that differ. */
export function classOf(probe: Probe, edge: ServerAnswer, bucket: ServerAnswer): DifferenceClass {
  const [ofEdge, ofBucket] = [browserView(probe, edge), browserView(probe, bucket)]
  const isRefused = (answer: ServerAnswer) => answer.status >= 400
  if (probe.kind === 'actual' && isRefused(edge) !== isRefused(bucket)) return 'decision'
  const refusal = edge.status !== bucket.status || edge.code !== bucket.code
  if (ofEdge === null || ofBucket === null) return refusal ? 'refusal' : 'form'
  if (ofEdge.allows !== ofBucket.allows) return 'decision'
  const isSameForPages =
    ofEdge.allowsCredentials === ofBucket.allowsCredentials &&
    ofEdge.exposed.join() === ofBucket.exposed.join()
  if (!isSameForPages) return 'readable'
  return refusal && (isRefused(edge) || isRefused(bucket)) ? 'refusal' : 'form'
}
