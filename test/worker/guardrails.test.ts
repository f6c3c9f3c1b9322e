import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KEY } from '../cli/demo-bucket.ts'
import { type Answer, Edge, RecordingBucket, settled } from './harness.ts'

const rule = (origin: string, ...methods: string[]) => ({ AllowedOrigins: [origin], AllowedMethods: methods })
const xml = (origin: string, ...methods: string[]) =>
  `<CORSConfiguration><CORSRule><AllowedOrigin>${origin}</AllowedOrigin>${methods.map(method => `<AllowedMethod>${method}</AllowedMethod>`).join('')}</CORSRule></CORSConfiguration>`
const APP = 'https://app.example.com'
const STRANGER = 'https://stranger.example'
const OURS = xml(APP, 'GET', 'PUT')
/** The rules that somebody puts on the bucket behind our back. */
const OPENED = xml('*', 'GET', 'PUT')
const GUARDRAIL = JSON.stringify([rule('https://*.example.com', 'GET', 'PUT'), rule('*', 'GET')])

let bucket: RecordingBucket
let edges: Record<'cron' | 'writeThrough' | 'plain', Edge>
let hosts = 0
/** What the bucket has as its CORS configuration. */
let document = OURS

beforeAll(async () => {
  bucket = await RecordingBucket.start()
  const vars = { ORIGIN: bucket.origin, POLICY_TTL_SECONDS: '0' }
  const key = { SECRET_ID: KEY.SecretId, SECRET_KEY: KEY.SecretKey }
  edges = await Edge.startAll({
    cron: { vars: { ...vars, ...key, SYNC: 'cron' } },
    writeThrough: { vars: { ...vars, ...key, SYNC: 'write-through' }, around: settled('PUT', 'DELETE') },
    plain: { vars },
  })
})
afterAll(() => Promise.all([edges?.plain.stop(), bucket?.stop()]))

/** A host with a guardrail; the bucket and KV have our rules. */
async function guarded(name: keyof typeof edges): Promise<Edge> {
  const edge = edges[name].as(`h${++hosts}.example`)
  document = OURS
  bucket.received.length = 0
  // The bucket answers a preflight by its own rules, which are the opened ones.
  bucket.answer = ({ method, url, body }, response) => {
    if (url === '/?cors' && method === 'PUT') document = body.toString()
    if (url === '/?cors' && method === 'GET') return void response.end(document)
    response.setHeader('access-control-allow-origin', '*')
    response.end('object')
  }
  for (const key of await edge.ruleKeys()) await edge.deleteRules(key)
  await edge.putRules(`cors:${edge.host}`, OURS)
  await edge.putRules(`guardrail:${edge.host}`, GUARDRAIL)
  edge.log.length = 0
  return edge
}

const answers = async (edge: Edge) =>
  Promise.all([APP, STRANGER].map(async origin => (await edge.preflight('/k', origin, 'PUT')).status))
const OPEN_TO_US_ALONE = [200, 403]
const events = async (edge: Edge) =>
  (await edge.wholeLog()).map(line => JSON.parse(line)).filter(({ host }) => host === edge.host)
const opens = (edge: Edge): Promise<Answer> =>
  edge.send('/?cors', {
    method: 'PUT',
    body: OPENED,
    headers: { authorization: 'q-sign-algorithm=sha1&q-ak=AKID' },
  })

describe('a bucket whose rules are opened behind our back', { timeout: 60_000 }, () => {
  test('does not open the edge through SYNC=cron, and the log says who would get in', async () => {
    const edge = await guarded('cron')
    await edge.scheduled()
    const published = (await edge.getRules(`cors:${edge.host}`)) ?? ''
    expect(JSON.parse(published).guardrail).toMatch(/^[0-9a-f]{64}$/)
    const written = await edge.allRules()
    document = OPENED
    for (let runs = 0; runs < 2; runs++) await edge.scheduled()
    expect(await edge.allRules()).toEqual(written)
    expect(await answers(edge)).toEqual(OPEN_TO_US_ALONE)
    const refused = (await events(edge)).filter(({ event }) => event === 'sync-refused')
    expect(refused).toHaveLength(2)
    expect(refused[0].findings).toEqual([
      {
        code: 'guardrail',
        path: '',
        reason: 'PUT from https://stranger.example is allowed by rule 1 (PUT from *), not by the guardrail.',
      },
    ])

    document = OURS
    await edge.scheduled()
    expect(await edge.getRules(`cors:${edge.host}`)).toBe(published)
  })

  test('does not open the edge through SYNC=write-through: the bucket has answered, and nothing is published', async () => {
    const edge = await guarded('writeThrough')
    const written = await edge.allRules()
    expect((await opens(edge)).status).toBe(200)
    expect(document).toBe(OPENED)
    expect(bucket.received.filter(({ method }) => method === 'GET')).toHaveLength(1)
    expect(await edge.allRules()).toEqual(written)
    expect(await answers(edge)).toEqual(OPEN_TO_US_ALONE)
    expect((await events(edge)).map(({ event }) => event)).toContain('sync-refused')
  })

  test('opens it without a guardrail, as before', async () => {
    for (const name of ['cron', 'writeThrough'] as const) {
      const edge = await guarded(name)
      await edge.deleteRules(`guardrail:${edge.host}`)
      if (name === 'cron') {
        document = OPENED
        await edge.scheduled()
      } else await opens(edge)
      expect(await answers(edge), name).toEqual([200, 200])
    }
  })
})

describe('a guardrail', { timeout: 60_000 }, () => {
  test('holds for a document that is pasted into KV: the rules before it stay', async () => {
    const edge = await guarded('plain')
    expect(await answers(edge)).toEqual(OPEN_TO_US_ALONE)
    await edge.putRules(`cors:${edge.host}`, OPENED)
    expect(await answers(edge)).toEqual(OPEN_TO_US_ALONE)
    expect(await events(edge)).toContainEqual({
      ...{ event: 'rules-unusable', host: edge.host, code: 'guardrail', lastGood: true },
      detail: expect.stringMatching(/^PUT from https:\/\/stranger\.example is allowed by rule 1 /),
    })
  })

  test.each([
    ['wider rules', { rules: OPENED, guardrail: GUARDRAIL }],
    ['rules that cannot be read', { rules: 'nothing readable', guardrail: GUARDRAIL }],
    ['a guardrail that cannot be read', { rules: OURS, guardrail: '{"schema":99}' }],
  ])('and %s, without any good ones before: the bucket never answers in their place', async (_, values) => {
    const edge = await guarded('plain')
    await edge.putRules(`cors:${edge.host}`, values.rules)
    await edge.putRules(`guardrail:${edge.host}`, values.guardrail)
    expect(await answers(edge)).toEqual([403, 403])
    expect(bucket.received).toEqual([])
    const read = await edge.send('/k', { headers: { origin: STRANGER } })
    expect([read.status, read.headers['access-control-allow-origin']]).toEqual([403, undefined])
    const direct = await edge.send('/k')
    expect([direct.status, direct.text]).toEqual([200, 'object'])
  })

  test('that is changed is proven again by the next run, and the record names it', async () => {
    const edge = await guarded('cron')
    await edge.scheduled()
    const before = JSON.parse((await edge.getRules(`cors:${edge.host}`)) ?? '')
    await edge.putRules(`guardrail:${edge.host}`, JSON.stringify([rule('*', 'GET', 'PUT')]))
    await edge.scheduled()
    // Credentials: the new guardrail answers `*`, which never carries them.
    expect(JSON.parse((await edge.getRules(`cors:${edge.host}`)) ?? '')).toEqual(before)
    await edge.putRules(`guardrail:${edge.host}`, JSON.stringify([rule('https://*', 'GET', 'PUT')]))
    await edge.scheduled()
    const after = JSON.parse((await edge.getRules(`cors:${edge.host}`)) ?? '')
    expect([after.revision, after.guardrail === before.guardrail]).toEqual([before.revision, false])
    expect(await answers(edge)).toEqual(OPEN_TO_US_ALONE)
  })
})
