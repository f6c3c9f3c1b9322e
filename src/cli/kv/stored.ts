/**
 * @module
 * A host's rules in KV: the live value and the records of its history.
 */

import { historyKey, rulesKey } from '../../rules/kv-keys.ts'
import { visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'
import { type HistoryEntry, historyOf, lastWritten } from './history.ts'
import { DEFAULT_HOST } from './hosts.ts'
import type { Kv } from './kv.ts'
import { type Live, readLive } from './live.ts'

/** Hex digits of a revision. */
const REVISION_LENGTH = 12

/** A `cors:` or `history:` value. */
export interface Stored {
  readonly live: Live
  /** From the record; null for any other value. */
  readonly publishedAt: string | null
  readonly source: string | null
}

/** Reads a value as the Worker does, with the record's time and source. */
export async function readStored(text: string | null): Promise<Stored> {
  const live = await readLive(text)
  if (live.kind !== 'rules' || !live.isRecord || text === null)
    return { live, publishedAt: null, source: null }
  const { publishedAt, source } = JSON.parse(text) as Record<string, unknown>
  return { live, publishedAt: textOf(publishedAt), source: textOf(source) }
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** Returns the live rules of a host. @throws {UserError} if the host has no rules, or they can't be used */
export async function liveRules(kv: Kv, host: string) {
  const { own, fallback } = await readBoth(kv, host)
  if (own.live.kind !== 'nothing') return usable(own, `The live rules of ${host}`)
  if (fallback.live.kind === 'nothing') throw noRules(host)
  throw new UserError(
    `${host} has no rules of its own: the default ones answer for it. Name the host ${DEFAULT_HOST} to see those.`,
  )
}

/** Returns the rules that answer for a host: its own, else the default ones. @throws {UserError} as {@link liveRules} does */
export async function answeringRules(kv: Kv, host: string) {
  const { own, fallback } = await readBoth(kv, host)
  if (own.live.kind !== 'nothing') return { ...usable(own, `The live rules of ${host}`), isDefault: false }
  if (fallback.live.kind !== 'nothing') return { ...usable(fallback, 'The default rules'), isDefault: true }
  throw noRules(host)
}

const noRules = (host: string): UserError =>
  new UserError(`${host} has no rules: publish some first. \`list\` shows the hosts with rules.`)

async function readBoth(kv: Kv, host: string) {
  const values = await kv.get([...new Set([rulesKey(host), rulesKey(DEFAULT_HOST)])])
  return {
    own: await readStored(values.get(rulesKey(host)) ?? null),
    fallback: await readStored(values.get(rulesKey(DEFAULT_HOST)) ?? null),
  }
}

/**
 * Returns the rules of a revision, which may be named by its first digits.
 *
 * @throws {UserError} if no revision or more than one begins so, or if it can't be used
 */
export async function revisionRules(kv: Kv, host: string, revision: string) {
  const named = revision.toLowerCase()
  const whole = named.length === REVISION_LENGTH ? named : await wholeRevision(kv, host, named)
  const key = historyKey(host, whole)
  const stored = await readStored((await kv.get([key])).get(key) ?? null)
  if (stored.live.kind === 'nothing') throw noRevision(host, revision)
  return usable(stored, `Revision ${whole} of ${host}`)
}

async function wholeRevision(kv: Kv, host: string, named: string): Promise<string> {
  const found = (await historyOf(kv, host)).filter(({ revision }) => revision.startsWith(named))
  const [entry, other] = found
  if (entry === undefined) throw noRevision(host, named)
  if (other === undefined) return entry.revision
  throw new UserError(
    `${visible(named)} is the beginning of ${found.length} revisions of ${host}: ${found.map(one => one.revision).join(', ')}. Give more digits.`,
  )
}

const noRevision = (host: string, revision: string): UserError =>
  new UserError(`${host} has no revision ${visible(revision)}. \`history ${host}\` lists its revisions.`)

/** Returns the revision before the one that was written last. @throws {UserError} without one */
export function revisionBefore(host: string, live: Live, history: readonly HistoryEntry[]): string {
  const current = lastWritten(live, history).revision
  const entry = history.find(({ revision }) => revision !== current)
  if (entry !== undefined) return entry.revision
  throw new UserError(`${host} has no earlier revision: \`history ${host}\` lists its revisions.`)
}

function usable(stored: Stored, name: string) {
  const { live } = stored
  if (live.kind === 'rules') return { ...stored, rules: live.rules }
  const reason = live.kind === 'unusable' ? live.reason : 'It is no longer there.'
  throw new UserError(`${name} can't be used: ${reason} Publish the rules file again.`)
}
