/**
 * @module
 * The rules of a host in KV and in the rules file, and a request that they answer differently.
 */

import { stat } from 'node:fs/promises'
import { answerPreflight } from '../../answers/preflight.ts'
import { compare } from '../../compare/compare.ts'
import { type Configuration, NO_CONFIGURATION } from '../../cors/configuration.ts'
import { decide } from '../../cors/decide.ts'
import { type DialectName, dialectOf } from '../../cors/dialect.ts'
import { compile, hydrate } from '../../cors/policy.ts'
import type { CorsRequest } from '../../cors/request.ts'
import { rulesKey, settingsKey } from '../../rules/kv-keys.ts'
import { revisionOf } from '../../rules/record.ts'
import { readFileSource } from '../files/source.ts'
import { type Deployment, settingsOfHost } from '../kv/deployment.ts'
import { historyOf } from '../kv/history.ts'
import { DEFAULT_HOST } from '../kv/hosts.ts'
import type { Kv } from '../kv/kv.ts'
import { readStored } from '../kv/stored.ts'
import { visible } from '../print/terminal.ts'
import type { EdgeAnswer } from './ask-edge.ts'
import type { FileSide, KvSide } from './verdict.ts'

/** A side with its rules; null if they can't be used. */
export type WithRules<T> = T & { readonly configuration: Configuration | null }

/** The edge's revision of a host without any value in KV (src/rules/policies.ts). Others are hex digits. */
const REVISION_OF_NOTHING = 'none'

/** Reads the rules of a host from KV, its own or the default ones, and the host's dialect. */
export async function readKvSide(
  kv: Kv,
  deployment: Deployment,
  host: string,
): Promise<WithRules<KvSide> & { readonly dialect: DialectName }> {
  const hosts = [...new Set([host, DEFAULT_HOST])]
  const values = await kv.get(hosts.flatMap(name => [rulesKey(name), settingsKey(name)]))
  const firstOf = (key: (host: string) => string) => {
    const name = hosts.find(one => (values.get(key(one)) ?? null) !== null) ?? host
    return { name, value: values.get(key(name)) ?? null }
  }
  const found = firstOf(rulesKey)
  const { live, publishedAt, source } = await readStored(found.value)
  const history = new Set((await historyOf(kv, found.name)).map(({ revision }) => revision))
  const { dialect } = settingsOfHost(deployment, firstOf(settingsKey).value)
  const side = { publishedAt, source, history, dialect, reason: '' }
  switch (live.kind) {
    case 'nothing':
      return {
        ...side,
        state: 'nothing',
        revision: REVISION_OF_NOTHING,
        configuration: NO_CONFIGURATION,
      }
    case 'unusable':
      return { ...side, state: 'unusable', reason: live.reason, revision: null, configuration: null }
    case 'rules': {
      const { revision, configuration } = live.rules
      const state = found.name === host ? 'own' : 'default'
      return { ...side, state, revision, configuration }
    }
  }
}

/** @throws {UserError} if the file can't be read, or has errors */
export async function readFileSide(file: string): Promise<WithRules<FileSide>> {
  const { configuration } = await readFileSource(file)
  const { mtime } = await stat(file)
  return {
    name: visible(file),
    revision: await revisionOf(configuration),
    changedAt: mtime.toISOString(),
    configuration,
  }
}

const STRANGER = 'https://status.example'
/** An origin that can be sent in a header line. */
const SENDABLE = /^[!-+\--~]{1,1024}$/

/** Returns a request that the two configurations answer differently, else one that the first rule allows. */
export function distinguishingRequest(
  kv: Configuration | null,
  file: Configuration | null,
  dialect: DialectName,
): CorsRequest {
  const [difference] = kv === null || file === null ? [] : compare(kv, file, dialect).differences
  const rule = (kv ?? file)?.rules[0]
  const pattern = rule?.allowedOrigins[0] ?? '*'
  const first: CorsRequest = {
    origin: pattern === '*' ? STRANGER : pattern.replace('*', 'status'),
    method: rule?.allowedMethods[0] ?? 'GET',
    requestedHeaders: null,
  }
  const facts = difference?.example.request ?? first
  return SENDABLE.test(facts.origin ?? '') ? facts : { ...facts, origin: STRANGER }
}

/** Returns whether these rules give this answer; null without rules. */
export function isAnswerOf(
  configuration: Configuration | null,
  dialectName: DialectName,
  request: CorsRequest,
  answer: EdgeAnswer,
): boolean | null {
  if (configuration === null) return null
  const dialect = dialectOf(dialectName)
  const decision = decide(hydrate(compile(configuration, dialectName)), request)
  const expected = answerPreflight(dialect, decision, { ...request, url: 'https://status.example/' }, false)
  const cors = [...expected.headers].filter(([name]) => name.startsWith('access-control-'))
  return (
    expected.status === answer.status &&
    cors.length === Object.keys(answer.cors).length &&
    cors.every(([name, value]) => answer.cors[name] === value)
  )
}
