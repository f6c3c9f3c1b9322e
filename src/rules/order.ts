/**
 * @module
 * Which of two published values is older. KV has no order of its own: while a change propagates, it may show the values
 * before and after it in turn.
 */

import { MISSING, UNDATED } from './rules.ts'

/**
 * Milliseconds for which KV may show an older value after a newer one: its cache in a data centre, and the time that
 * Cloudflare states for a change to be seen everywhere, with a margin.
 */
export const PROPAGATION_MS = 120_000
/** Milliseconds by which the clocks of two publishers may differ. */
const SKEW_MS = 300_000

/** The version of a host's rules. */
export interface Version {
  /** True if the host has no rules of its own, so that the default ones answer. */
  readonly isDefault: boolean
  /** Milliseconds since 1970; MISSING without any rules, UNDATED for a document pasted by hand. */
  readonly publishedAt: number
}

/** Returns true if `a` is older than `b`. Default rules are older than a host's own: its key was not there yet. */
export const isOlder = (a: Version, b: Version): boolean =>
  a.isDefault === b.isDefault ? a.publishedAt < b.publishedAt : a.isDefault

/**
 * Returns the time until which KV may still show something older than a version, in milliseconds since 1970.
 *
 * @param seenAt when the version was first read here
 */
export const propagatesUntil = ({ publishedAt }: Version, seenAt: number): number =>
  Math.min(publishedAt + SKEW_MS, seenAt) + PROPAGATION_MS

/**
 * Returns the time of a new publication: now, or just after the version that it replaces if that publisher's clock is
 * ahead. A clock that is more than SKEW_MS ahead is not followed.
 *
 * @param replaced time of the replaced version, in milliseconds since 1970
 */
export function publicationTime(replaced: number, now = Date.now()): string {
  const after = replaced === UNDATED || replaced === MISSING ? now : Math.max(now, replaced + 1)
  return new Date(Math.min(after, now + SKEW_MS)).toISOString()
}
