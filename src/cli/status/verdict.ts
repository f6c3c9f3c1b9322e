/**
 * @module
 * Compares the revisions of the edge, of KV and of the file. Pure.
 */

import { requestText } from '../../compare/difference-text.ts'
import { quote } from '../../cors/findings.ts'
import type { CorsRequest } from '../../cors/request.ts'
import type { EdgeAnswer } from './ask-edge.ts'

/** The rules of the host in KV. */
export interface KvSide {
  /** null if the value can't be used. Without rules, the revision that the edge has then. */
  readonly revision: string | null
  readonly state: 'own' | 'default' | 'nothing' | 'unusable'
  /** Why the value can't be used. */
  readonly reason: string
  /** From the record. */
  readonly publishedAt: string | null
  readonly source: string | null
  /** The published revisions of the host. */
  readonly history: ReadonlySet<string>
}

export interface FileSide {
  readonly name: string
  readonly revision: string
  /** ISO 8601, UTC. */
  readonly changedAt: string
}

export interface Sides {
  readonly host: string
  readonly answers: readonly EdgeAnswer[]
  readonly kv: KvSide
  readonly file: FileSide | null
  /** The request, and whether each side's rules give the edge's answer. */
  readonly asked: CorsRequest
  readonly isAsKv: boolean | null
  readonly isAsFile: boolean | null
  readonly ttlSeconds: number
  /** In milliseconds since 1970. */
  readonly now: number
}

export interface Sentence {
  /** null if nobody is known to be behind. */
  readonly behind: 'edge' | 'kv' | 'file' | null
  readonly text: string
}

/** Propagation delay of KV, in seconds; see docs/storage.md, "Stored elsewhere". */
const KV_SECONDS = 120

/** Returns each side that is behind, with what to do. Empty if all have the same rules. */
export function verdictOn(sides: Sides): Sentence[] {
  return [...ofKv(sides), ...ofEdge(sides)]
}

function ofKv({ host, answers, kv, file }: Sides): Sentence[] {
  const publish = file === null ? '`publish` its rules file' : `\`publish ${quote(file.name)}\``
  switch (kv.state) {
    case 'unusable': {
      const text = `KV holds a value that can't be used (${kv.reason}): the edge continues to serve its last known good rules. ${publish} again.`
      return [{ behind: 'kv', text }]
    }
    case 'nothing':
      // Without a file, a host without rules may be intended.
      if (file === null && answers.every(({ revision }) => revision === kv.revision)) return []
      return [{ behind: 'kv', text: `KV has no rules for ${host}, and no default ones: ${publish}.` }]
    case 'default':
    case 'own':
      return file === null || file.revision === kv.revision ? [] : [ofFile(kv, file, publish)]
  }
}

function ofFile(kv: KvSide, file: FileSide, publish: string): Sentence {
  const isSynced = kv.source?.endsWith(' /?cors') === true
  if (isSynced && (kv.publishedAt ?? '') >= file.changedAt) {
    const text = `SYNC (${quote(kv.source ?? '')}) wrote KV's rules after the file was changed: the bucket has new rules. Write them to the file with \`pull\` or \`show\`.`
    return { behind: 'file', text }
  }
  if (kv.history.has(file.revision)) {
    const text = `The file has an earlier revision of KV's rules. Get the live rules with \`show\`, or ${publish} to go back to the file.`
    return { behind: 'file', text }
  }
  const own = kv.state === 'default' ? ', and only default rules for the host' : ''
  return {
    behind: 'kv',
    text: `KV does not have the file's rules${own}: ${publish}. \`diff\` shows what changes.`,
  }
}

function ofEdge(sides: Sides): Sentence[] {
  const { answers, kv } = sides
  const sentences: Sentence[] = []
  const failed = answers.find(({ status }) => status >= 500)
  if (failed !== undefined) {
    const text = `The edge answers HTTP ${failed.status}: its log has the reason (docs/reliability.md).`
    return [{ behind: null, text }]
  }
  if (answers.some(({ source }) => source === 'last-known-good')) {
    const text =
      "The edge answers from its last known good rules: it can't read KV, or can't use the value. Its log has the reason (kv-unavailable, rules-unusable)."
    sentences.push({ behind: 'edge', text })
  }
  if (answers.some(({ revision }) => revision === null)) sentences.push(...ofHidden(sides))
  const others = answers.filter(({ revision }) => revision !== null && revision !== kv.revision)
  if (others.length > 0 && kv.revision !== null) sentences.push(ofOlder(sides, others))
  return sentences
}

function ofOlder({ answers, kv, ttlSeconds, now }: Sides, others: readonly EdgeAnswer[]): Sentence {
  const revisions = [...new Set(others.map(({ revision }) => revision ?? ''))]
  const share = `${revisions.map(quote).join(', ')} in ${others.length} of ${answers.length} answers`
  const unknown = revisions.filter(revision => !kv.history.has(revision))
  const publishedAt = Date.parse(kv.publishedAt ?? '')
  const isDue = Number.isFinite(publishedAt) && now - publishedAt > (ttlSeconds + KV_SECONDS) * 1000
  if (!isDue) {
    const text = `The edge answers an older revision (${share}). It follows within POLICY_TTL_SECONDS (${ttlSeconds} s) and the 30 s for which KV caches a value.`
    return { behind: 'edge', text }
  }
  const elsewhere =
    unknown.length > 0
      ? 'KV has never had it: is the edge bound to this KV (the id and the environment in wrangler.toml)?'
      : 'An idle isolate answers once from its memory: run this again. If the result is the same, is the edge bound to this KV?'
  return {
    behind: 'edge',
    text: `The edge answers another revision (${share}), although it had time to follow. ${elsewhere}`,
  }
}

function ofHidden({ asked, isAsKv, isAsFile, answers }: Sides): Sentence[] {
  const isDebugging = answers.some(({ source }) => source !== null)
  const why = isDebugging
    ? 'The edge shows no revision: it is an earlier version, or has no usable rules.'
    : 'The edge does not show its revision: DEBUG_REFUSALS is off. `npm run deploy -- --var DEBUG_REFUSALS:on` switches it on, `npm run deploy` off again. While it is on, refusals show anyone which check failed.'
  const request = `Its answer to ${requestText(asked)}`
  if (isAsKv === false) {
    const other = isAsFile === true ? "the file's rules" : "other rules than KV's"
    const text = `${why} ${request} comes from ${other}.`
    return [{ behind: 'edge', text }]
  }
  const same = isAsKv === true ? ` ${request} is what KV's rules give, but other rules may give it too.` : ''
  return [{ behind: null, text: `${why}${same}` }]
}
