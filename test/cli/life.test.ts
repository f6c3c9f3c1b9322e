import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { readHostName, readSourceName } from '../../src/cli/files/source.ts'
import { historyOf } from '../../src/cli/kv/history.ts'
import { readLive } from '../../src/cli/kv/live.ts'
import { keysToPlan, planRules, readHostState } from '../../src/cli/kv/plan.ts'
import { answeringRules, liveRules, revisionBefore, revisionRules } from '../../src/cli/kv/stored.ts'
import { writeChanges } from '../../src/cli/kv/write.ts'
import { resultOf, resultsText } from '../../src/cli/print/results.ts'
import type { Configuration } from '../../src/cors/configuration.ts'
import { readDocument } from '../../src/formats/read.ts'
import { makeRecord, revisionOf } from '../../src/rules/record.ts'
import { MemoryKv, useKv } from './memory-kv.ts'
import { Project } from './rules.ts'

const document = (
  methods: readonly string[],
  maxAge: number,
): string => `<?xml version="1.0" encoding="UTF-8"?>
<CORSConfiguration>
  <CORSRule>
    <AllowedOrigin>https://app.example</AllowedOrigin>
${methods.map(method => `    <AllowedMethod>${method}</AllowedMethod>\n`).join('')}    <ExposeHeader>ETag</ExposeHeader>
    <MaxAgeSeconds>${maxAge}</MaxAgeSeconds>
  </CORSRule>
</CORSConfiguration>
`
const FIRST = document(['GET', 'PUT'], 600)
const SECOND = document(['GET'], 60)
const LOST = `- \`https://app.example\` loses PUT.
    e.g. PUT from https://app.example: allowed by rule 1 → refused
- Answers to GET from \`https://app.example\`: max-age 600 → 60.
    e.g. GET from https://app.example: allowed by rule 1, before and after`
const GAINED = `- \`https://app.example\` gains PUT.
    e.g. PUT from https://app.example: refused → allowed by rule 1
- Answers to GET from \`https://app.example\`: max-age 60 → 600.
    e.g. GET from https://app.example: allowed by rule 1, before and after`
const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g

const project = new Project({ 'rules/a.example.xml': FIRST })
afterAll(() => project.remove())

describe('the life of a rule', { timeout: 120_000 }, () => {
  useKv(new MemoryKv())
  /** Runs a command; times are left out of what it prints. */
  const rules = async (...args: string[]) => {
    const { code, out, err } = await project.run([...args, '--local'])
    return { code, out: out.replace(TIME, 'TIME'), err }
  }
  const printed = (out: string, code = 0) => ({ code, out, err: '' })
  const revisionIn = async (text: string) => {
    const { configuration } = await readDocument(text)
    return configuration === null ? '' : revisionOf(configuration)
  }

  test('is published, compared, published again, rolled back, and can be seen at each step', async () => {
    const [first, second] = [await revisionIn(FIRST), await revisionIn(SECOND)]
    expect(await rules('publish')).toEqual(
      printed(`a.example  rules  published  revision ${first}  1 rule  new
The local KV (environment local): 1 published, 0 unchanged.
`),
    )

    project.write('rules/a.example.xml', SECOND)
    const [before, after] = ['live a.example       ', 'rules/a.example.xml  ']
    expect(await rules('diff', 'live:a.example', 'rules/a.example.xml')).toEqual(
      printed(
        `before  ${before}revision ${first}  1 rule
after   ${after}1 rule

${LOST}

2 differences.
`,
        1,
      ),
    )

    expect(await rules('publish')).toEqual(
      printed(`a.example  rules  published  revision ${second}  1 rule  replaces ${first}

a.example
${LOST}

The local KV (environment local): 1 published, 0 unchanged.
`),
    )

    expect(await rules('rollback', 'a.example')).toEqual(
      printed(`a.example  rules  published  revision ${first}  1 rule  replaces ${second}

a.example
${GAINED}

The local KV (environment local): 1 published, 0 unchanged.
`),
    )

    expect(await rules('history', 'a.example')).toEqual(
      printed(`*  ${first}  TIME  1 rule  rules/a.example.xml (rolled back)
   ${second}  TIME  1 rule  rules/a.example.xml

* is live.
`),
    )
    expect(await rules('list')).toEqual(
      printed(`a.example  revision ${first}  1 rule  TIME  rules/a.example.xml (rolled back)

1 host in the local KV (environment local).
`),
    )
    expect(await rules('show', `a.example@${second.slice(0, 4)}`)).toEqual(printed(SECOND))
    const live = await rules('diff', 'live:a.example', `a.example@${first}`, '--json')
    expect(JSON.parse(live.out)).toMatchObject({
      before: { name: 'live a.example' },
      differences: [],
      complete: true,
    })
    const asked = ['--origin', 'https://app.example', '--method', 'PUT']
    const earlier = await rules('explain', '--host', 'A.example', ...asked)
    expect(earlier.code).toBe(0)
    expect(earlier.out).toContain('Allowed by rule 1, by the rules of live a.example (cos).')
    expect(await rules('rollback', 'a.example', 'abc')).toEqual({
      code: 2,
      out: '',
      err: 'a.example has no revision abc. `history a.example` lists its revisions.\n',
    })
  })
})

describe('a name that no request can have', { timeout: 60_000 }, () => {
  const kv = new MemoryKv()
  useKv(kv)
  const commands = (host: string): string[][] => [
    ['publish', 'rules/a.example.xml', '--host', host],
    ['explain', '--host', host, '--origin', 'https://app.example', '--method', 'GET'],
    ['suggest', '--host', host, '--log', 'rules/a.example.xml'],
    ['status', '--edge', 'https://a.example', '--host', host],
    ['verify', '--edge', 'https://a.example', '--bucket', 'https://b.example', '--host', host],
    ['history', host],
    ['rollback', host],
    ['show', host],
    ['diff', `live:${host}`, 'rules/a.example.xml'],
  ]

  test.each([
    ['', '"" is not a host name (is a variable unset?).'],
    [
      '*.example.com',
      '"*.example.com" is not a host name: no request has a * in its host; name each host, or default for those without rules of their own.',
    ],
    ['a..b', '"a..b" is not a host name (no scheme, port or path, no empty label).'],
    ['.example.com', '".example.com" is not a host name (no scheme, port or path, no empty label).'],
    ['.', '"." is not a host name (no scheme, port or path, no empty label).'],
    ['a$b.example', '"a$b.example" is not a host name (no scheme, port or path, no empty label).'],
  ])('%j is refused by every command', async (host, sentence) => {
    for (const command of commands(host)) {
      const { code, out, err } = await project.run([...command, '--local'])
      expect([command[0], code, out, err.replace('--host: ', '')]).toEqual([
        command[0],
        2,
        '',
        `${sentence}\n`,
      ])
    }
    expect(kv.writes).toEqual([])
  })

  test('is reported in file names and in buckets.json; a trailing dot and capitals are removed', async () => {
    const here = new Project({
      'rules/*.example.com.xml': FIRST,
      'rules/a..b.xml': FIRST,
      'rules/buckets.json': '{"":{},"*.example.com":{},"A.example.":{},"a.example":{}}',
    })
    const { code, out } = await here.run(['check', '--json'])
    const codes = JSON.parse(out).files.map((file: { findings: { code: string }[] }) =>
      file.findings.map(finding => finding.code).filter(name => name.startsWith('host-')),
    )
    expect([code, codes]).toEqual([
      1,
      [['host-invalid'], ['host-invalid'], ['host-invalid', 'host-invalid', 'host-repeated']],
    ])
    here.remove()
    const { out: published } = await project.run([
      'publish',
      'rules/a.example.xml',
      '--host',
      'Files.Example.com.',
      '--local',
    ])
    expect(published).toContain('files.example.com  rules  published')
    expect([...kv.entries.keys()].filter(key => key.startsWith('cors:'))).toEqual(['cors:files.example.com'])
  })
})

describe('settings that buckets.json no longer names', { timeout: 60_000 }, () => {
  const kv = new MemoryKv()
  useKv(kv)

  test('are reported by publish, with the command that removes them, and by list', async () => {
    const here = new Project({
      'rules/a.example.xml': FIRST,
      'rules/b.example.xml': FIRST,
      'rules/buckets.json': '{"a.example":{"dialect":"s3"},"b.example":{"dialect":"s3"}}',
    })
    expect(await here.run(['publish', '--local'])).toMatchObject({ code: 0, err: '' })
    here.write('rules/buckets.json', '{"a.example":{"dialect":"s3"}}')
    const warning = (place: string) =>
      `b.example has settings in KV, which stay in effect, but rules/buckets.json does not name it. To remove them: npm exec -- wrangler kv key delete bucket:b.example --binding RULES ${place}\n`
    const local = ['--local', '--persist-to', 'my state']
    expect(await here.run(['publish', ...local])).toMatchObject({
      code: 0,
      err: warning("--local --env local --persist-to 'my state'"),
    })
    const { err } = await here.run(['publish', '--remote', '--dry-run'])
    expect(err).toBe(warning('--remote --env ""'))
    expect(await here.run(['publish', 'rules/b.example.xml', '--local'])).toMatchObject({ err: '' })
    const { out } = await here.run(['list', '--local'])
    expect(out).toContain('\n\nHosts with their own settings: a.example, b.example.\n\n2 hosts in')
    expect(JSON.parse((await here.run(['list', '--local', '--json'])).out)).toMatchObject({
      settings: ['a.example', 'b.example'],
    })
    here.remove()
  })
})

describe('rules in KV', () => {
  const configuration = (method: 'GET' | 'PUT'): Configuration => ({
    rules: [
      {
        id: null,
        allowedOrigins: ['https://app.example'],
        allowedMethods: [method],
        allowedHeaders: [],
        exposeHeaders: [],
        maxAgeSeconds: null,
      },
    ],
    responseVary: false,
  })
  const record = (method: 'GET' | 'PUT', publishedAt: string) =>
    makeRecord(configuration(method), { publishedAt, source: `${method}.xml` })
  const plan = async (kv: MemoryKv, method: 'GET' | 'PUT', force = false) => {
    const values = await kv.get(keysToPlan(['a.example']))
    const state = await readHostState('a.example', values, values, await historyOf(kv, 'a.example'))
    const source = `${method}.xml`
    return planRules(state, { configuration: configuration(method), source, dialect: 'cos', force })
  }
  const publish = async (kv: MemoryKv, method: 'GET' | 'PUT', publishedAt: string, force = false) => {
    vi.setSystemTime(publishedAt)
    const change = await plan(kv, method, force)
    return { made: change.record, change, results: await writeChanges(kv, [change]) }
  }
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
  afterEach(() => void vi.useRealTimers())

  test('writeChanges() also stores the pasted document that a record replaces', async () => {
    const kv = new MemoryKv()
    await kv.put([
      { key: 'cors:a.example', value: readFileSync('test/fixtures/rules/cos-sample.xml', 'utf8') },
    ])
    const pasted = await liveRules(kv, 'a.example')
    const { made } = await publish(kv, 'GET', '2026-01-01T00:00:00.000Z')
    expect(kv.writes.slice(1)).toEqual([
      [`history:a.example:${pasted.rules.revision}`, `history:a.example:${made.revision}`],
      ['cors:a.example'],
    ])
    const stored = await revisionRules(kv, 'a.example', pasted.rules.revision)
    expect(stored).toMatchObject({ source: 'pasted by hand', publishedAt: '2025-12-31T23:59:59.999Z' })
    expect(stored.rules.configuration).toEqual(pasted.rules.configuration)
  })

  test('a host without rules of its own is compared with the default ones, which answered for it', async () => {
    const kv = new MemoryKv()
    await kv.put([
      { key: 'cors:default', value: JSON.stringify(await record('PUT', '2026-01-01T00:00:00.000Z')) },
    ])
    const { change, made } = await publish(kv, 'GET', '2026-01-02T00:00:00.000Z')
    expect(
      resultsText([resultOf(change, 'planned')], true),
    ).toBe(`a.example  rules  to be published  revision ${made.revision}  1 rule  new, replaces the default rules

a.example
- \`https://app.example\` loses PUT.
    e.g. PUT from https://app.example: allowed by rule 1 → refused
- \`https://app.example\` gains GET.
    e.g. GET from https://app.example: refused → allowed by rule 1
`)
    expect(change.live).toEqual(await readLive(null))
  })

  test('historyOf() has the newest first; a revision may be named by its first digits, if only one begins so', async () => {
    const kv = new MemoryKv()
    const { made: older } = await publish(kv, 'GET', '2026-01-01T00:00:00.000Z')
    const { made: newer } = await publish(kv, 'PUT', '2026-01-02T00:00:00.000Z')
    expect((await historyOf(kv, 'a.example')).map(({ revision }) => revision)).toEqual([
      newer.revision,
      older.revision,
    ])
    const found = await revisionRules(kv, 'a.example', older.revision.slice(0, 6).toUpperCase())
    expect(found.rules.revision).toBe(older.revision)
    await expect(revisionRules(kv, 'a.example', '')).rejects.toThrow(
      'is the beginning of 2 revisions of a.example',
    )
    await expect(revisionRules(kv, 'b.example', older.revision)).rejects.toThrow('b.example has no revision')
  })

  test('revisionBefore() counts from the revision that was written last, whether KV shows it or not', async () => {
    const kv = new MemoryKv()
    const earlier = async (value: string | null) =>
      revisionBefore('a.example', await readLive(value), await historyOf(kv, 'a.example'))
    const live = () => kv.entries.get('cors:a.example')?.value ?? null
    const { made: first } = await publish(kv, 'PUT', '2026-01-01T00:00:00.000Z')
    const shown = live()
    await expect(earlier(shown)).rejects.toThrow('a.example has no earlier revision')
    const { made: second } = await publish(kv, 'GET', '2026-01-02T00:00:00.000Z')
    for (const value of [live(), shown, null]) expect(await earlier(value)).toBe(first.revision)
    // A document pasted by hand is newer than the history.
    const pasted = readFileSync('test/fixtures/rules/cos-sample.xml', 'utf8')
    expect(await earlier(pasted)).toBe(second.revision)
  })

  test('a publication is compared with what was written last: KV that still shows the rules before is no reason to leave it', async () => {
    const kv = new MemoryKv()
    const key = 'cors:a.example'
    const { made: good } = await publish(kv, 'GET', '2026-01-01T00:00:00.000Z')
    const shown = kv.entries.get(key)
    const { made: bad } = await publish(kv, 'PUT', '2026-01-02T00:00:00.000Z')
    if (shown === undefined) throw new Error('nothing was published')
    kv.entries.set(key, shown)
    const { change, results } = await publish(kv, 'GET', '2026-01-03T00:00:00.000Z')
    expect(change).toMatchObject({ changes: true, written: { revision: bad.revision, isPending: true } })
    expect(resultsText(results, false)).toContain(`same rules as KV shows, after ${bad.revision}`)
    expect(kv.entries.get(key)?.metadata).toEqual({
      revision: good.revision,
      publishedAt: '2026-01-03T00:00:00.000Z',
    })
    expect((await plan(kv, 'GET')).changes).toBe(false)
    expect((await plan(kv, 'GET', true)).changes).toBe(true)
  })

  test('a publication is newer than what it replaces, though the clock of that publisher was ahead', async () => {
    const kv = new MemoryKv()
    await publish(kv, 'GET', '2026-01-01T00:04:00.000Z')
    const { made } = await publish(kv, 'PUT', '2026-01-01T00:00:00.000Z')
    expect(made.publishedAt).toBe('2026-01-01T00:04:00.001Z')
    await publish(kv, 'GET', '2999-01-01T00:00:00.000Z')
    const later = await publish(kv, 'PUT', '2026-01-01T00:00:00.000Z')
    // A clock that is years ahead is not followed.
    expect(later.made.publishedAt).toBe('2026-01-01T00:05:00.000Z')
  })

  test('an unusable value is an error, and so is a host with only the default rules', async () => {
    const kv = new MemoryKv()
    const made = await record('GET', '2026-01-01T00:00:00.000Z')
    const tampered = JSON.stringify({ ...made, revision: '0'.repeat(12) })
    await kv.put([
      { key: 'cors:a.example', value: tampered },
      { key: `history:a.example:${made.revision}`, value: tampered },
      { key: 'cors:default', value: JSON.stringify(made) },
    ])
    await expect(liveRules(kv, 'a.example')).rejects.toThrow(
      "The live rules of a.example can't be used: The record was changed after it was written",
    )
    await expect(revisionRules(kv, 'a.example', made.revision)).rejects.toThrow("can't be used")
    await expect(liveRules(kv, 'b.example')).rejects.toThrow('Name the host default to see those.')
    expect(await answeringRules(kv, 'b.example')).toMatchObject({ isDefault: true, source: 'GET.xml' })
    await expect(answeringRules(kv, 'a.example')).rejects.toThrow("The live rules of a.example can't be used")
    await expect(answeringRules(new MemoryKv(), 'b.example')).rejects.toThrow('b.example has no rules')
  })

  test('readSourceName() distinguishes files, live hosts and revisions', () => {
    expect(readSourceName('rules/a.xml')).toEqual({ kind: 'file', file: 'rules/a.xml' })
    expect(readSourceName('live:A.example')).toEqual({ kind: 'live', host: 'a.example' })
    expect(readSourceName('a.example@0af1')).toEqual({
      kind: 'revision',
      host: 'a.example',
      revision: '0af1',
    })
    expect(readSourceName('a.example@backup.xml')).toMatchObject({ kind: 'file' })
    expect(readSourceName('./x@0af1')).toMatchObject({ kind: 'file' })
    expect(readHostName('default')).toEqual({ kind: 'live', host: 'default' })
    expect(readHostName('A_b.example.')).toEqual({ kind: 'live', host: 'a_b.example' })
    for (const host of ['192.0.2.1', '[::1]', 'localhost']) expect(readHostName(host)).toMatchObject({ host })
    expect(() => readHostName('a.example@zzz')).toThrow(
      '"a.example@zzz": a revision has up to 12 hexadecimal digits after the @. Run `history HOST` to list the revisions.',
    )
    expect(() => readHostName('https://a.example')).toThrow('use a.example if that is the host')
  })
})
