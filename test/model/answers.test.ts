/**
 * Generated rules and requests on the whole way of an answer: through KV and back, and one answer after another.
 */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decorate } from '../../src/answers/actual.ts'
import { answerPreflight } from '../../src/answers/preflight.ts'
import { clientResponse } from '../../src/bucket/response.ts'
import type { Configuration } from '../../src/cors/configuration.ts'
import { decide } from '../../src/cors/decide.ts'
import { DIALECTS } from '../../src/cors/dialect.ts'
import { compile, hydrate, type ReadyPolicy } from '../../src/cors/policy.ts'
import type { CorsRequest } from '../../src/cors/request.ts'
import { decodeValue } from '../../src/rules/decode.ts'
import { makeRecord } from '../../src/rules/record.ts'
import { Rules } from '../../src/rules/rules.ts'
import type { ModelDialect } from '../../tools/model.ts'
import { configurations, dialects, requestsFor } from './generators.ts'
import { runs } from './runs.ts'

type Kind = 'preflight' | 'actual'

/** The answer to a request: the edge's own to a preflight, the bucket's decorated one to an actual request. */
function answer(policy: ReadyPolicy, kind: Kind, request: CorsRequest): Response {
  const { dialect } = policy
  const decision = decide(policy, request)
  if (kind === 'preflight')
    return answerPreflight(dialect, decision, { ...request, url: 'https://bucket.example/key' }, true)
  const upstream = new Response('object', { headers: { etag: '"e"', vary: 'Accept' } })
  return decorate(clientResponse(upstream), { dialect, decision, origin: request.origin })
}

/** Everything of an answer except its IDs. */
async function contentOf(response: Response): Promise<unknown> {
  const headers = [...response.headers].filter(([name]) => !/^x-(cos-|amz-)/.test(name))
  const body = (await response.text()).replace(/<(RequestId|TraceId|HostId)>[^<]*/g, '<$1>')
  return { status: response.status, headers, body }
}

/** Changes headers as the receiver of an answer may. */
function spoil(headers: Headers): void {
  for (const name of [...headers.keys()]) headers.append(name, 'spoilt')
  for (const name of [...headers.keys()]) headers.delete(name)
  headers.set('access-control-allow-origin', '*')
  headers.set('access-control-allow-credentials', 'true')
  headers.set('access-control-allow-headers', 'spoilt')
  headers.set('x-spoilt', 'spoilt')
}

interface Host {
  readonly configuration: Configuration
  readonly dialect: ModelDialect
}
const hosts: fc.Arbitrary<Host> = fc.record({ configuration: configurations, dialect: dialects })
const kinds = fc.constantFrom<Kind[]>('preflight', 'actual')
const ready = ({ configuration, dialect }: Host): ReadyPolicy => hydrate(compile(configuration, dialect))

describe('rules that go through KV', () => {
  const asked = hosts.chain(host =>
    fc.tuple(fc.constant(host), fc.array(requestsFor(host.configuration), { minLength: 1, maxLength: 6 })),
  )

  test('compiled, encoded, decoded and hydrated, they answer as before, in either dialect', async () => {
    await fc.assert(
      fc.asyncProperty(asked, kinds, async ([{ configuration }, requests], kind) => {
        const record = await makeRecord(configuration, { publishedAt: '', source: 'a.xml' })
        const rules = await decodeValue(JSON.stringify(record))
        if (!(rules instanceof Rules)) throw new Error(`${rules.code}: ${rules.reason}`)
        expect(rules.configuration).toEqual(configuration)
        for (const name of DIALECTS)
          for (const request of requests)
            expect(await contentOf(answer(rules.ready(name), kind, request))).toEqual(
              await contentOf(answer(ready({ configuration, dialect: name }), kind, request)),
            )
      }),
      runs(200),
    )
  })
})

describe('one answer after another', () => {
  /** Requests to two hosts in any order: each is for one of them, and may be made for the rules of the other. */
  const turns = fc.tuple(hosts, hosts).chain(both =>
    fc.tuple(
      fc.constant(both),
      fc.array(
        fc.record({
          host: fc.nat(1),
          kind: kinds,
          request: fc.oneof(...both.map(({ configuration }) => requestsFor(configuration))),
        }),
        { minLength: 2, maxLength: 10 },
      ),
    ),
  )

  test('nothing leaks: each answer is the same as alone, whatever the answers before it', async () => {
    await fc.assert(
      fc.asyncProperty(turns, async ([both, asked]) => {
        const held = both.map(ready)
        for (const { host, kind, request } of asked) {
          const [policy, alone] = [held[host], both[host]]
          if (policy === undefined || alone === undefined) throw new Error('there are two hosts')
          const response = answer(policy, kind, request)
          const expected = await contentOf(answer(ready(alone), kind, request))
          expect(await contentOf(response)).toEqual(expected)
          spoil(response.headers)
        }
      }),
      runs(200),
    )
  })
})
