/**
 * @module
 * A `cors:` value as the Worker reads it.
 */

import { decodeValue } from '../../rules/decode.ts'
import { Rules, UNDATED } from '../../rules/rules.ts'

export type Live =
  | { readonly kind: 'nothing' }
  /** `isRecord` is false for a document pasted by hand. */
  | { readonly kind: 'rules'; readonly rules: Rules; readonly isRecord: boolean }
  | { readonly kind: 'unusable'; readonly reason: string }

export async function readLive(text: string | null): Promise<Live> {
  if (text === null) return { kind: 'nothing' }
  const decoded = await decodeValue(text)
  if (!(decoded instanceof Rules)) return { kind: 'unusable', reason: decoded.reason }
  return { kind: 'rules', rules: decoded, isRecord: decoded.publication.publishedAt !== UNDATED }
}
