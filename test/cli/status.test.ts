import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { EdgeAnswer } from '../../src/cli/status/ask-edge.ts'
import { distinguishingRequest, isAnswerOf } from '../../src/cli/status/sides.ts'
import { type KvSide, type Sides, verdictOn } from '../../src/cli/status/verdict.ts'
import type { Configuration } from '../../src/cors/configuration.ts'
import { readXml } from '../../src/formats/xml.ts'
import { Edge } from '../worker/harness.ts'
import { MemoryKv, useKv } from './memory-kv.ts'
import { Project } from './rules.ts'

const kv = new MemoryKv()
useKv(kv)
const liveValue = () => kv.entries.get(`cors:${HOST}`)?.value ?? ''

const HOST = 'files.example.com'
const FILE = `rules/${HOST}.xml`
const rulesOf = (method: string) =>
  `<CORSConfiguration><CORSRule><AllowedOrigin>https://app.example.com</AllowedOrigin><AllowedMethod>${method}</AllowedMethod><ExposeHeader>ETag</ExposeHeader></CORSRule></CORSConfiguration>`

const project = new Project({ [FILE]: rulesOf('GET') })
const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})
afterAll(() => project.remove())

const KV = ['--local']
const status = (edge: string, ...args: string[]) => project.run(['status', '--edge', edge, ...args, ...KV])

async function startEdge(debug: 'on' | 'off'): Promise<Edge> {
  const vars = { ORIGIN: 'https://bucket.invalid', POLICY_TTL_SECONDS: '0', DEBUG_REFUSALS: debug }
  const edge = await Edge.start({ vars })
  stops.push(() => edge.stop())
  return edge
}

describe('rules status', { timeout: 120_000 }, () => {
  test('shows the revision of each side, and who is behind, as rules go from the file to the edge', async () => {
    const [edge, silent] = await Promise.all([startEdge('on'), startEdge('off')])
    const revisionIn = (text: string) => /revision ([0-9a-f]{12})/.exec(text)?.[1] ?? ''
    const first = revisionIn((await project.run(['publish', ...KV])).out)
    for (const one of [edge, silent]) await one.putRules(`cors:${HOST}`, liveValue())

    const ask = ['--host', HOST, '--asks', '3']
    const same = await status(edge.origin, ...ask)
    expect(same).toMatchObject({ code: 0, err: '' })
    const times = /\d{4}-\d\d-\d\dT[\d:.]+Z/g
    expect(
      same.out.replaceAll(edge.origin, 'EDGE').replace(times, 'TIME').replace(/ +/g, ' '),
    ).toBe(`edge EDGE revision ${first} 3 of 3 answers kv
KV the local KV (environment local) revision ${first} TIME ${FILE}
file ${FILE} revision ${first} TIME

All have the same rules.
`)

    project.write(FILE, rulesOf('PUT'))
    const unpublished = await status(edge.origin, ...ask)
    expect(unpublished.code).toBe(1)
    expect(unpublished.out).toContain(`KV does not have the file's rules: \`publish ${FILE}\``)

    await project.run(['publish', ...KV])
    const older = await status(edge.origin, ...ask, '--json')
    expect(older.code).toBe(1)
    expect(JSON.parse(older.out)).toMatchObject({
      host: HOST,
      edge: { answers: [{ revision: first, answers: 3, sources: ['kv'] }], isAsKv: false },
      kv: { state: 'own', source: FILE },
      verdict: [
        { behind: 'edge', text: expect.stringContaining(`an older revision (${first} in 3 of 3 answers)`) },
      ],
      equal: false,
    })

    const untold = await status(silent.origin, ...ask)
    expect(untold.code).toBe(1)
    expect(untold.out).toContain('revision not shown')
    expect(untold.out.replace(/\s+/g, ' ')).toMatch(
      /DEBUG_REFUSALS is off.* Its answer to \w+ from https:\/\/app\.example\.com comes from other rules than KV's\./,
    )
    await silent.putRules(`cors:${HOST}`, liveValue())
    const perhaps = await status(silent.origin, ...ask)
    expect(perhaps.code).toBe(2)
    expect(perhaps.out.replace(/\s+/g, ' ')).toContain(
      "is what KV's rules give, but other rules may give it too.",
    )
  })

  test('an edge without rules for a host is equal to a KV without them', async () => {
    const edge = await startEdge('on')
    const none = await status(edge.origin, '--host', 'none.example', '--asks', '2')
    expect(none).toMatchObject({ code: 0, err: '' })
    expect(none.out).toContain('revision none')
    expect(none.out).toContain('Edge and KV are equal: neither has rules for none.example.')
    project.write('none.xml', rulesOf('GET'))
    const { code, out } = await status(edge.origin, '--host', 'none.example', '--file', 'none.xml', '--json')
    expect([code, JSON.parse(out).verdict]).toEqual([
      1,
      [{ behind: 'kv', text: expect.stringContaining('KV has no rules for none.example') }],
    ])
  })

  test('names what is no edge, and what does not answer', async () => {
    const server = createServer((_, response) => response.writeHead(404).end())
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await status(url, '--host', HOST)).toMatchObject({
      code: 2,
      err: expect.stringContaining("HTTP 404 without the edge's request ID, so another server answers there"),
    })
    expect(await status(url.replace('http:', 'https:'), '--host', HOST)).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        'no answer from the edge (the server speaks http, not https). Check the URL and the network.',
      ),
    })
    await new Promise(done => server.close(done))
    expect(await status(url, '--host', HOST)).toMatchObject({
      code: 2,
      err: expect.stringContaining('no answer from the edge (connect ECONNREFUSED'),
    })
    expect(await status('http://files.example.com')).toMatchObject({ code: 2, out: '' })
    expect(await status(url, '--asks', '0')).toMatchObject({ code: 2, out: '' })
  })
})

describe('verdictOn', () => {
  const NOW = Date.parse('2026-11-22T10:00:00Z')
  const KV_SIDE: KvSide = {
    revision: 'bbb',
    state: 'own',
    reason: '',
    publishedAt: '2026-11-22T09:59:30.000Z',
    source: FILE,
    history: new Set(['aaa', 'bbb']),
  }
  const answer = (fields: Partial<EdgeAnswer> = {}): EdgeAnswer => ({
    status: 200,
    cors: {},
    hasId: true,
    source: 'memory',
    revision: 'bbb',
    ...fields,
  })
  const file = (revision: string, changedAt = '2026-11-22T09:59:00.000Z') => ({
    name: FILE,
    revision,
    changedAt,
  })
  const sides = (fields: Partial<Sides>, kv: Partial<KvSide> = {}): Sides => ({
    host: HOST,
    answers: [answer()],
    kv: { ...KV_SIDE, ...kv },
    file: file('bbb'),
    asked: { origin: 'https://a.example', method: 'GET', requestedHeaders: null },
    isAsKv: true,
    isAsFile: true,
    ttlSeconds: 60,
    now: NOW,
    ...fields,
  })
  const hourAgo = { publishedAt: '2026-11-22T09:00:00.000Z' }

  test.each<[string, Sides, ['edge' | 'kv' | 'file' | null, string][]]>([
    ['all are equal', sides({}), []],
    ['there is no file', sides({ file: null }), []],
    [
      'the file was never published',
      sides({ file: file('ccc') }),
      [['kv', "KV does not have the file's rules: `publish"]],
    ],
    [
      'the file was published before',
      sides({ file: file('aaa') }),
      [['file', "The file has an earlier revision of KV's rules"]],
    ],
    [
      'sync wrote after the file',
      sides({ file: file('aaa') }, { source: 'PUT /?cors' }),
      [['file', "SYNC (PUT /?cors) wrote KV's rules after the file"]],
    ],
    [
      'the file changed after sync',
      sides({ file: file('ccc', '2026-11-22T09:59:45.000Z') }, { source: 'GET /?cors' }),
      [['kv', "KV does not have the file's rules"]],
    ],
    [
      'only default rules answer',
      sides({ file: file('ccc') }, { state: 'default' }),
      [['kv', 'only default rules for the host']],
    ],
    ['KV has nothing', sides({}, { state: 'nothing' }), [['kv', 'KV has no rules for files.example.com']]],
    [
      'KV holds an unusable value',
      sides({}, { state: 'unusable', revision: null, reason: 'The document has errors.' }),
      [['kv', "KV holds a value that can't be used (The document has errors.)"]],
    ],
    [
      'some isolates are behind',
      sides({ answers: [answer(), answer({ revision: 'aaa' }), answer()] }),
      [['edge', 'an older revision (aaa in 1 of 3 answers). It follows within POLICY_TTL_SECONDS (60 s)']],
    ],
    [
      'the edge should have followed',
      sides({ answers: [answer({ revision: 'aaa' })] }, hourAgo),
      [['edge', 'An idle isolate answers once from its memory: run this again.']],
    ],
    [
      'the edge has what KV never had',
      sides({ answers: [answer({ revision: 'eee' })] }, hourAgo),
      [['edge', 'KV has never had it: is the edge bound to this KV']],
    ],
    [
      'the edge lives on its last good rules',
      sides({ answers: [answer({ source: 'last-known-good' })] }),
      [['edge', 'from its last known good rules']],
    ],
    ['the edge fails', sides({ answers: [answer({ status: 500, revision: null })] }), [[null, 'HTTP 500']]],
    [
      'the edge hides its revision, and answers as KV',
      sides({ answers: [answer({ source: null, revision: null })] }),
      [[null, "is what KV's rules give, but other rules may give it too."]],
    ],
    [
      'the edge hides its revision, and answers as the file',
      sides({ answers: [answer({ source: null, revision: null })], isAsKv: false }),
      [['edge', "comes from the file's rules."]],
    ],
  ])('reports that %s', (_, given, expected) => {
    const verdict = verdictOn(given)
    expect(verdict.map(({ behind }) => behind)).toEqual(expected.map(([behind]) => behind))
    for (const [at, [, text]] of expected.entries()) expect(verdict[at]?.text).toContain(text)
  })
})

describe('distinguishingRequest', () => {
  const configurationOf = (text: string): Configuration => {
    const { configuration } = readXml(text)
    if (configuration === null) throw new Error('the rules have errors')
    return configuration
  }

  test('returns a request that the two answer differently, else an allowed one, and only a request that can be sent', () => {
    const [get, put] = [configurationOf(rulesOf('GET')), configurationOf(rulesOf('PUT'))]
    const facts = distinguishingRequest(get, put, 'cos')
    const answer: EdgeAnswer = { status: 403, cors: {}, hasId: true, source: null, revision: null }
    expect([get, put].map(rules => isAnswerOf(rules, 'cos', facts, answer)).sort()).toEqual([false, true])
    expect(distinguishingRequest(get, null, 'cos')).toEqual({
      origin: 'https://app.example.com',
      method: 'GET',
      requestedHeaders: null,
    })
    const odd = readFileSync('test/fixtures/rules/cos-sample.xml', 'utf8').replace(
      /<AllowedOrigin>[^<]*/,
      '<AllowedOrigin>https://ä.example',
    )
    expect(distinguishingRequest(configurationOf(odd), null, 'cos').origin).toBe('https://status.example')
  })
})
