/**
 * @module
 * Who is behind: the revisions of the edge, of KV and of the file, compared. Pure.
 */

import { requestText } from '../../compare/difference-text.ts'
import { quote } from '../../cors/findings.ts'
import type { CorsRequest } from '../../cors/request.ts'
import type { EdgeAnswer } from './ask-edge.ts'

/** What KV has for the host. */
export interface KvSide {
  /** null: what it holds can't be used. Of no rules at all: the revision that the edge has then. */
  readonly revision: string | null
  readonly state: 'own' | 'default' | 'nothing' | 'unusable'
  /** Why it can't be used. */
  readonly reason: string
  /** As the record says. */
  readonly publishedAt: string | null
  readonly source: string | null
  /** The revisions that were published for the host. */
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
  /** What was asked, and whether the answer is the one that each side's rules give. */
  readonly asked: CorsRequest
  readonly isAsKv: boolean | null
  readonly isAsFile: boolean | null
  readonly ttlSeconds: number
  /** In milliseconds since 1970. */
  readonly now: number
}

export interface Sentence {
  /** null: it can't be told who is behind. */
  readonly behind: 'edge' | 'kv' | 'file' | null
  readonly text: string
}

/** What KV takes besides to be read everywhere, in seconds; see docs/storage.md, "Kept elsewhere". */
const KV_SECONDS = 120

/** Every side that is behind, and what to do; none: all have the same rules. */
export function verdictOn(sides: Sides): Sentence[] {
  return [...ofKv(sides), ...ofEdge(sides)]
}

function ofKv({ host, answers, kv, file }: Sides): Sentence[] {
  const publish = file === null ? '`publish` its rules file' : `\`publish ${quote(file.name)}\``
  switch (kv.state) {
    case 'unusable': {
      const text = `KV holds a value that can't be used (${kv.reason}): the edge goes on with its last good one. ${publish} again.`
      return [{ behind: 'kv', text }]
    }
    case 'nothing':
      // Where no file says otherwise, none may be what is meant.
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
    const text = `KV's rules were written by SYNC (${quote(kv.source ?? '')}) after the file: the bucket has new ones. \`pull\` or \`show\` makes them the file.`
    return { behind: 'file', text }
  }
  if (kv.history.has(file.revision)) {
    const text = `The file says what KV had before. Take the file of the live rules, or ${publish} if that is meant to come back.`
    return { behind: 'file', text }
  }
  const own = kv.state === 'default' ? ', and has only default rules for the host' : ''
  return { behind: 'kv', text: `KV lacks what the file says${own}: ${publish}; \`diff\` shows what changes.` }
}

function ofEdge(sides: Sides): Sentence[] {
  const { answers, kv } = sides
  const sentences: Sentence[] = []
  const failed = answers.find(({ status }) => status >= 500)
  if (failed !== undefined) {
    const text = `The edge answers HTTP ${failed.status}: its log says why (docs/reliability.md).`
    return [{ behind: null, text }]
  }
  if (answers.some(({ source }) => source === 'last-known-good')) {
    const text =
      "The edge answers from its last known good rules: it can't read KV, or can't use what is there. Its log says why (kv-unavailable, rules-unusable)."
    sentences.push({ behind: 'edge', text })
  }
  if (answers.some(({ revision }) => revision === null)) sentences.push(...ofUntold(sides))
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
    const text = `The edge answers an older revision (${share}): it follows within POLICY_TTL_SECONDS (${ttlSeconds} s) and the half minute for which KV may repeat a value.`
    return { behind: 'edge', text }
  }
  const elsewhere =
    unknown.length > 0
      ? 'KV has never had it: is the edge bound to this KV (the id and the environment in wrangler.toml)?'
      : 'An isolate that was idle answers once from its memory: ask again. If that does not change it, is the edge bound to this KV?'
  return {
    behind: 'edge',
    text: `The edge answers another revision (${share}), and has had the time to follow. ${elsewhere}`,
  }
}

function ofUntold({ asked, isAsKv, isAsFile, answers }: Sides): Sentence[] {
  const isDebugging = answers.some(({ source }) => source !== null)
  const why = isDebugging
    ? 'The edge tells no revision: it is of an earlier version, or has no rules that can be used.'
    : 'The edge does not tell its revision: DEBUG_REFUSALS is off. `npm run deploy -- --var DEBUG_REFUSALS:on` switches it on, `npm run deploy` off again; while it is on, strangers are told which check failed.'
  const request = `Its answer to ${requestText(asked)}`
  if (isAsKv === false) {
    const other = isAsFile === true ? "the file's rules" : "other rules than KV's"
    const text = `${why} ${request} is that of ${other}.`
    return [{ behind: 'edge', text }]
  }
  const same = isAsKv === true ? ` ${request} is that of KV's rules, which other rules may give, too.` : ''
  return [{ behind: null, text: `${why}${same}` }]
}
