import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { decoded } from '../../src/cli/files/decoded.ts'
import { columns } from '../../src/cli/print/layout.ts'
import { JsonObjects, MAX_DEPTH, MAX_OBJECT_LENGTH } from '../../src/cli/suggest/json-objects.ts'
import { type LoggedRequest, loggedRequests } from '../../src/cli/suggest/logged-request.ts'
import { MAX_REQUESTS, Refusals } from '../../src/cli/suggest/refusals.ts'
import { Edge } from '../worker/harness.ts'
import { Project, type Run } from './rules.ts'

const HOST = 'files.example.com'
const FILE = `rules/${HOST}.xml`
const RULES = `<CORSConfiguration>
  <!-- the app's own -->
  <CORSRule>
    <ID>uploads</ID>
    <AllowedOrigin>https://app.example.com</AllowedOrigin>
    <AllowedMethod>PUT</AllowedMethod>
    <AllowedMethod>POST</AllowedMethod>
    <AllowedHeader>content-type</AllowedHeader>
    <ExposeHeader>ETag</ExposeHeader>
    <MaxAgeSeconds>600</MaxAgeSeconds>
  </CORSRule>
  <CORSRule>
    <AllowedOrigin>*</AllowedOrigin>
    <AllowedMethod>GET</AllowedMethod>
  </CORSRule>
</CORSConfiguration>
`

const project = new Project({ [FILE]: RULES })
afterEach(() => project.write(FILE, RULES))
afterAll(() => project.remove())
const fileText = () => readFileSync(join(project.folder, FILE), 'utf8')

interface Line {
  readonly [field: string]: string | number | undefined
}
/** Refused for its origin, and asks for no headers. */
const ORIGIN: Line = { check: 'origin', headers: undefined, header: undefined }
/** A line of the Worker, refused unless it says otherwise. */
const line = (fields: Line = {}): string =>
  JSON.stringify({
    event: 'preflight',
    outcome: 'refused',
    host: HOST,
    origin: 'https://app.example.com',
    method: 'PUT',
    headers: 'content-type,x-cos-acl',
    check: 'header',
    header: 'x-cos-acl',
    revision: '0123456789ab',
    source: 'memory',
    ms: 0,
    weight: 1,
    ...fields,
  })
/** As `wrangler tail --format json` prints an invocation. */
const tailed = (message: string, timestamp: number): string =>
  JSON.stringify(
    {
      outcome: 'ok',
      scriptName: 'edge-preflight',
      exceptions: [],
      logs: [{ message: [message], level: 'info', timestamp }],
      eventTimestamp: timestamp - 1,
      event: { request: { url: `https://${HOST}/a`, method: 'OPTIONS', headers: { 'user-agent': line() } } },
    },
    null,
    2,
  )

const hasJq = (): boolean => spawnSync('jq', ['--version']).status === 0

const suggest = (log: string, ...args: string[]): Promise<Run> => {
  project.write('edge.log', log)
  return project.run(['suggest', FILE, '--log', 'edge.log', ...args])
}
const json = async (log: string, ...args: string[]) => JSON.parse((await suggest(log, '--json', ...args)).out)

describe('rules suggest', { timeout: 120_000 }, () => {
  let edge: Edge
  beforeAll(async () => {
    const vars = { ORIGIN: 'https://bucket.invalid', POLICY_TTL_SECONDS: '0' }
    edge = await Edge.start({ vars, rules: { [`cors:${HOST}`]: RULES } })
  })
  afterAll(() => edge.stop())

  /** Runs it as a process, with a log on its standard input. */
  const piped = (log: string, ...args: string[]): Promise<Run> =>
    new Promise(done => {
      const child = execFile(
        process.execPath,
        [resolve('src/cli/main.ts'), 'suggest', FILE, ...args],
        { cwd: project.folder },
        (error, out, err) => done({ code: error === null ? 0 : Number(error.code ?? -1), out, err }),
      )
      child.stdin?.end(log)
    })

  const REFUSED: [origin: string, method: string, headers: string, times: number][] = [
    ['https://app.example.com', 'PUT', 'content-type,x-cos-acl', 3],
    ['https://new.example.com', 'PUT', 'content-type', 2],
    ['https://app.example.com', 'DELETE', 'content-type', 1],
  ]
  const statuses = () =>
    Promise.all(
      REFUSED.map(async ([origin, method, headers]) => {
        const { status } = await edge.preflight('/key', origin, method, headers, HOST)
        return status
      }),
    )

  test('reads the log of a real run, and what it applies makes the refused requests succeed', async () => {
    for (const [origin, method, headers, times] of REFUSED)
      for (let n = 0; n < times; n++) await edge.preflight('/key', origin, method, headers, HOST)
    await edge.preflight('/key', 'https://app.example.com', 'PUT', 'content-type', HOST)
    // Lines are delivered on their own way.
    expect(await edge.wholeLog()).toHaveLength(6)
    const logs = [
      `⎔ Starting local server...\n[wrangler:info] OPTIONS /key 403 Forbidden (2ms)\n${edge.log.join('\n')}\n`,
      edge.log.map((text, n) => tailed(text, Date.UTC(2026, 10, 22, 9, n))).join('\n'),
    ]
    const proposals = []
    for (const log of logs) {
      const { code, out } = await piped(log, '--json')
      expect(code).toBe(1)
      const { groups } = JSON.parse(out)
      proposals.push(
        groups.map(({ count, check, change }: Record<string, { steps: unknown }>) => [
          count,
          check,
          change?.steps,
        ]),
      )
    }
    const expected = [
      [3, 'header', [{ kind: 'add-header', rule: 1, value: 'x-cos-acl' }]],
      [2, 'method', [{ kind: 'add-origin', rule: 1, value: 'https://new.example.com' }]],
      [1, 'method', [{ kind: 'add-method', rule: 1, value: 'DELETE' }]],
    ]
    expect(proposals).toEqual([expected, expected])

    expect(await statuses()).toEqual([403, 403, 403])
    expect(await suggest(logs[0] ?? '', '--apply', '--accept-warnings')).toMatchObject({ code: 0, err: '' })
    await edge.putRules(`cors:${HOST}`, fileText())
    expect(await statuses()).toEqual([200, 200, 200])
    expect(fileText()).toContain("<!-- the app's own -->")
    expect((await json(logs[0] ?? '')).groups).toMatchObject([
      { verdict: 'allowed', rule: 1 },
      { verdict: 'allowed', rule: 1 },
      { verdict: 'allowed', rule: 1 },
    ])
  })

  test.skipIf(!hasJq())(
    'is matched by the jq programs of docs/operations.md, which take each kind of log',
    async () => {
      const lines = [line(), line({ outcome: 'allowed' }), line(ORIGIN), '{"event":"rules-published"}']
      const start = ['> node demo/start.ts', '5', ...lines, '"text"', `[edge-local] ${line()}`].join('\n')
      const pushed = lines.map(text => JSON.stringify({ Logs: [{ Level: 'info', Message: [text, '5'] }] }))
      const logs: Readonly<Record<string, string>> = {
        'tail.json': lines.map((text, n) => tailed(text, n)).join('\n'),
        'logpush.json': pushed.join('\n'),
        'start.log': start,
        'lines.json': `${lines.join('\n')}\n5\n`,
      }
      const section = readFileSync('docs/operations.md', 'utf8').split('### The same from the lines')[1] ?? ''
      const commands = [...section.matchAll(/^jq (-\w+) '(.*)' (\S+)/gm)]
      expect(commands.map(([, , , file]) => file)).toEqual(Object.keys(logs))
      const outputs = commands.map(([, option = '', program = '', file = '']) =>
        execFileSync('jq', [option, program], { input: logs[file], encoding: 'utf8' }).trim().split('\n'),
      )
      expect(outputs).toEqual([
        lines,
        lines.flatMap(text => [text, '5']),
        ['5', ...lines, '"text"', line()],
        ['https://app.example.com\theader\tx-cos-acl', 'https://app.example.com\torigin\tPUT'],
      ])
      for (const file of ['tail.json', 'logpush.json', 'lines.json'])
        expect((await json(logs[file] ?? '')).log).toMatchObject({ refused: 2, allowed: 1 })
    },
  )

  test('shows each group: how often, who, when, why, the change and its warnings', async () => {
    const log = [
      tailed(line(), Date.UTC(2026, 10, 22, 9, 40)),
      tailed(line({ headers: 'x-cos-acl' }), Date.UTC(2026, 10, 22, 9, 58)),
      tailed(
        line({ event: 'request', origin: 'http://old.example.com', method: 'POST', check: 'method' }),
        0,
      ),
      tailed(line({ outcome: 'allowed', weight: 50 }), 0),
      line({ host: 'img.example.com' }),
      line({ outcome: 'forwarded' }),
    ].join('\n')
    const { code, out } = await suggest(log)
    expect(code).toBe(1)
    expect(out.replace(/revision [0-9a-f]{12}/, 'revision R')).toBe(`rules/files.example.com.xml, revision R
The log has 3 refused requests, in 2 groups, and 50 allowed.
Refused for other hosts: img.example.com 1. --all-hosts takes them in.
Passed to the bucket, because no rules could be read: 1. No rule would change
that: docs/reliability.md.

1. 2 × PUT from https://app.example.com with content-type, x-cos-acl
   2 preflights, 2026-11-22T09:40:00Z to 2026-11-22T09:58:00Z
   Refused: no rule that allows origin and method allows x-cos-acl.
To allow it
  add to rule 1: <AllowedHeader>x-cos-acl</AllowedHeader>
  That also allows:
    - https://app.example.com may send x-cos-acl with PUT, POST.

2. 1 × POST from http://old.example.com
   1 actual request, 1970-01-01T00:00:00Z
   Refused: no rule that allows the origin allows POST.
To allow it
  add to rule 1: <AllowedOrigin>http://old.example.com</AllowedOrigin>
  That also allows:
    - http://old.example.com may use PUT, POST with content-type.
  Warning: Any client can claim any Origin, so the log proves nothing: only if
           you know that http://old.example.com is yours to let in.
  Warning: An attacker on the network can change a page loaded over plain http,
           and this page gets credentials.

Each is for the rules as they are. --apply writes them into
rules/files.example.com.xml, --only picks some; nothing is published.
`)
    expect(Math.max(...out.split('\n').map(text => text.length))).toBeLessThanOrEqual(columns())
  })

  test.each([
    ['a star in the origin, which a rule would take for a pattern', { origin: 'https://*.com' }],
    ['an origin that no browser sends', { origin: 'https://app.example.com/' }],
    ['an origin that the log has cut', { origin: `https://${'a'.repeat(500)}…` }],
    ['more than one origin', { origin: 'https://a.example, https://b.example' }],
    ['a star in a header name', { headers: 'x-*', header: 'x-*' }],
    ['a method that no rule can have', { method: 'PATCH', check: 'method' }],
    ['an invalid list', { headers: 'a b', check: 'header-list', header: 'not a list of header names' }],
  ])('proposes nothing for %s', async (_, fields) => {
    const { code, out } = await suggest(line(fields), '--apply', '--accept-warnings')
    expect(code).toBe(0)
    expect(out).toMatch(/To allow it\n {2}No (rule can|browser sends|script sends)/)
    expect(fileText()).toBe(RULES)
  })

  test.each([
    ['null', { ...ORIGIN, origin: 'null' }, 'Every sandboxed document and local file has the origin null'],
    ['a stranger', { ...ORIGIN, origin: 'https://x.example' }, 'Any client can claim any Origin'],
    [
      'what a form has sent',
      { ...ORIGIN, event: 'request', outcome: 'forwarded', method: 'POST', origin: 'https://x.example' },
      'It was passed on, not refused: a form sends the same, and needs no rule.',
    ],
    ['deleting', { ...ORIGIN, method: 'DELETE' }, 'Rule 1 has never let a page delete an object.'],
  ])('without a terminal leaves alone what would let in %s', async (_, fields, warning) => {
    const { code, out } = await suggest(line(fields), '--apply')
    expect(code).toBe(1)
    expect(out.replace(/\n {11}/g, ' ')).toContain(`  Warning: ${warning}`)
    expect(out).toContain(
      'Not applied because of their warnings: 1. `--apply --only N --accept-warnings`\napplies',
    )
    expect(fileText()).toBe(RULES)
  })

  test('without a terminal applies what has no warning; on one, what the person says yes to', async () => {
    const log = [line(), line(), line({ ...ORIGIN, origin: 'https://new.example.com' })].join('\n')
    const { code, out } = await suggest(log, '--apply')
    expect(code).toBe(1)
    expect(out).toContain(`Applied 1 to ${FILE}.
- \`https://app.example.com\` may now send \`x-cos-acl\` with PUT, POST.
    e.g. PUT from https://app.example.com with x-cos-acl: refused → allowed by
    rule 1

Next
  npm run rules -- check ${FILE}
  npm run rules -- diff live:${HOST} ${FILE} --remote
  npm run rules -- publish ${FILE} --remote
`)
    const added = '    <AllowedHeader>x-cos-acl</AllowedHeader>\n'
    expect(fileText()).toBe(RULES.replace('    <ExposeHeader>', `${added}    <ExposeHeader>`))

    project.write(FILE, RULES)
    const asked = await project.run(['suggest', FILE, '--log', 'edge.log', '--apply'], {
      answers: ['no', 'y'],
    })
    expect(asked.code).toBe(1)
    expect(fileText()).toContain('https://new.example.com')
    expect(fileText()).not.toContain('x-cos-acl')
  })

  test('applies a change in the format of the file', async () => {
    const rules = (headers: string) =>
      `{"rules": [{"allowed": {"origins": ["https://app.example.com"], "methods": ["PUT"], "headers": [${headers}]}}]}`
    project.write('r2.json', rules('"content-type"'))
    project.write('edge.log', [line(), line()].join('\n'))
    const { code, out } = await project.run([
      'suggest',
      'r2.json',
      '--log',
      'edge.log',
      '--all-hosts',
      '--apply',
    ])
    expect([code, out]).toEqual([0, expect.stringContaining('Applied 1 to r2.json.')])
    expect(readFileSync(join(project.folder, 'r2.json'), 'utf8')).toBe(rules('"content-type", "x-cos-acl"'))
  })

  test('applies nothing without --apply', async () => {
    expect(await suggest(line(), '--accept-warnings')).toEqual({
      code: 2,
      out: '',
      err: '--accept-warnings works only with --apply: add --apply, or leave it out.\n',
    })
    expect(fileText()).toBe(RULES)
  })

  test('proposes each change on top of those applied before it', async () => {
    const origin = 'https://new.example.com'
    const log = [
      line({ ...ORIGIN, origin, method: 'DELETE', headers: 'x-a,x-b,x-c', weight: 3 }),
      line({ ...ORIGIN, origin, method: 'DELETE', headers: 'x-a,x-b', weight: 2 }),
      line({ ...ORIGIN, origin, method: 'DELETE', headers: 'x-d', weight: 1 }),
    ].join('\n')
    const { groups } = await json(log, '--apply', '--accept-warnings')
    expect(groups).toMatchObject([
      { change: { steps: [{ kind: 'add-rule', rule: 3 }] } },
      { verdict: 'allowed', byAppliedChange: true, rule: 3 },
      { change: { steps: [{ kind: 'add-header', rule: 3, value: 'x-d' }] } },
    ])
    expect((await json(log)).groups).toMatchObject([{ verdict: 'allowed', count: 6 }])
  })

  test('warns where a change takes something from others', async () => {
    const rule = (origin: string, second: string, header: string) =>
      `<CORSRule><AllowedOrigin>${origin}</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>${second}</AllowedMethod>${header}</CORSRule>`
    const later = rule('https://app.example.com', 'PUT', '<AllowedHeader>content-type</AllowedHeader>')
    project.write(FILE, `<CORSConfiguration>${rule('*', 'HEAD', '')}${later}</CORSConfiguration>`)
    // With the header, rule 1 answers the app's GET, too, and without credentials.
    const { groups } = await json(
      line({ ...ORIGIN, origin: 'https://x.example', method: 'HEAD', headers: 'content-type' }),
    )
    expect(groups[0].change).toMatchObject({
      steps: [{ kind: 'add-header', rule: 1 }],
      warnings: [expect.stringContaining('credentials are no longer allowed')],
    })
  })

  test('chooses by number, host and time', async () => {
    const log = [
      tailed(line({ weight: 2 }), Date.UTC(2026, 10, 22, 8)),
      tailed(line({ method: 'POST', host: 'other.example' }), Date.UTC(2026, 10, 22, 10)),
      line({ ...ORIGIN, method: 'DELETE' }),
    ].join('\n')
    expect((await json(log, '--top', '1')).moreGroups).toBe(1)
    expect((await json(log, '--only', '2')).groups).toMatchObject([{ number: 2, method: 'DELETE' }])
    expect(await suggest(log, '--only', '3')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no group 3'),
    })
    expect((await json(log, '--all-hosts')).groups).toHaveLength(3)
    const since = await json(log, '--all-hosts', '--since', '2026-11-22T09:00Z')
    expect(since).toMatchObject({ groups: [{ method: 'POST' }], log: { earlier: 2, withoutTime: 1 } })
  })

  test('reports a wrong call, and a log of something else', async () => {
    const call = (...args: string[]) => project.run(['suggest', ...args])
    expect(await call()).toMatchObject({
      code: 2,
      err: expect.stringContaining('Name a rules file, or a host'),
    })
    expect(await call('--host', HOST, '--apply')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--apply writes a rules file'),
    })
    expect(await call(FILE, '--log', 'none.log')).toMatchObject({
      code: 2,
      err: `none.log: the file does not exist. Check the path; it is relative to ${project.folder}.\n`,
    })
    expect(await call(FILE, '--log', 'rules')).toMatchObject({
      code: 2,
      err: 'rules: this is a folder. Name a file in it.\n',
    })
    for (const since of ['yesterday', '5', '2026-99-99'])
      expect((await call(FILE, '--log', 'x', '--since', since)).code).toBe(2)
    expect(await suggest('GET /a - Ok @ 11/22/2026, 9:40:00 AM\n')).toMatchObject({
      code: 0,
      out: expect.stringContaining(
        'All it has is other text, 1 line: is it the log of this Worker, in JSON?',
      ),
    })
  })

  test('reads UTF-16, as PowerShell writes it, and refuses what is not text', async () => {
    const logged = line({ origin: 'https://ü.example' })
    const utf16 = Buffer.from(`\uFEFF${logged}\r\n`, 'utf16le')
    for (const bytes of [utf16, Buffer.from(utf16).swap16(), Buffer.from(`\uFEFF${logged}`)]) {
      project.write('edge.log', bytes)
      const { out } = await project.run(['suggest', FILE, '--log', 'edge.log', '--json'])
      expect(JSON.parse(out)).toMatchObject({
        log: { otherLines: 0, refused: 1 },
        groups: [{ origin: 'https://ü.example' }],
      })
    }
    const others: [Buffer, string][] = [
      [gzipSync(logged), 'this is a gzip file, not text. Unpack it first.'],
      [
        utf16.subarray(2),
        'this is not UTF-8 text, nor UTF-16 text with a byte order mark. Check that this is the right file.',
      ],
      [
        Buffer.from([0]),
        'this is not UTF-8 text, nor UTF-16 text with a byte order mark. Check that this is the right file.',
      ],
    ]
    for (const [bytes, why] of others) {
      project.write('edge.log', bytes)
      expect(await project.run(['suggest', FILE, '--log', 'edge.log'])).toEqual({
        code: 2,
        out: '',
        err: `edge.log: ${why}\n`,
      })
    }
  })

  test('decodes bytes that are cut anywhere', async () => {
    const text = '{"a":"ü→😀"}'
    for (const bytes of [Buffer.from(text), Buffer.from(`\uFEFF${text}`, 'utf16le'), Buffer.from('{')]) {
      const pieces = async function* () {
        for (const byte of bytes) yield Buffer.of(byte)
      }
      let read = ''
      for await (const piece of decoded(pieces(), 'x')) read += piece
      expect(read).toBe(bytes.length === 1 ? '{' : text)
    }
  })
})

describe('JsonObjects', () => {
  const read = (text: string, size = text.length) => {
    const objects = new JsonObjects()
    const found: unknown[] = []
    for (let at = 0; at < text.length; at += size) found.push(...objects.push(text.slice(at, at + size)))
    return { found: [...found, ...objects.end()], otherLines: objects.otherLines }
  }

  test('finds objects between other text, in pieces of any size', () => {
    const text = [
      'Starting { port: 8787 }…',
      '{"a":1}{"b":[{}]} and more',
      '[{"c":"}\\"{\\\\"},',
      '{"d":1}]',
      '  { "e": {',
      '    "f": "g" } }',
      '{"cut":"off',
      '{"h":1}',
      '{"i":{"j":1},',
      '{"k":1}',
      '{',
    ].join('\n')
    const found = [
      { a: 1 },
      { b: [{}] },
      { c: '}"{\\' },
      { d: 1 },
      { e: { f: 'g' } },
      { h: 1 },
      { j: 1 },
      { k: 1 },
    ]
    for (const size of [1, 2, 3, 7, text.length]) expect(read(text, size).found).toEqual(found)
    expect(read(text).otherLines).toBe(5)
  })

  test('reads objects at its bounds, and continues after larger ones', () => {
    const deep = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`
    expect(read(deep(MAX_DEPTH)).found).toHaveLength(1)
    expect(read(deep(MAX_DEPTH + 1)).found).toEqual([JSON.parse(deep(MAX_DEPTH))])
    const long = (length: number) => `{"a":"${'x'.repeat(length - 8)}"}`
    const size = 64 * 1024
    expect(read(long(MAX_OBJECT_LENGTH), size).found).toHaveLength(1)
    expect(read(`${long(MAX_OBJECT_LENGTH + 2 * size)}\n{"b":1}`, size).found).toEqual([{ b: 1 }])
  })
})

describe('loggedRequests', () => {
  test('finds the line where Cloudflare puts it, and its time', () => {
    const own = JSON.parse(line())
    const time = Date.UTC(2026, 10, 22)
    const iso = new Date(time).toISOString()
    const documents: [unknown, number | null][] = [
      [own, null],
      [{ logs: [{ message: [line()], timestamp: time }], eventTimestamp: 1 }, time],
      [{ logs: [{ message: [own] }], eventTimestamp: time }, time],
      [{ Logs: [{ Message: [line()], TimestampMs: time }], EventTimestampMs: 1 }, time],
      [{ message: line(), timestamp: iso }, time],
      [{ source: own, timestamp: time, $metadata: {} }, time],
      [{ message: line(), timestamp: 'later' }, null],
    ]
    for (const [document, expected] of documents)
      expect([...loggedRequests(document)], JSON.stringify(document)).toMatchObject([
        { event: 'preflight', outcome: 'refused', host: HOST, header: 'x-cos-acl', time: expected },
      ])
  })

  test('takes nothing from other fields or other lines', () => {
    const own = JSON.parse(line())
    const others = [
      null,
      [own],
      { event: { request: { headers: own, url: line() } } },
      { logs: [{ logs: [{ message: [line()] }] }] },
      { ...own, host: 1 },
      { ...own, event: 'rules-published' },
      { ...own, outcome: 'constructor' },
      { message: '{"event":' },
    ]
    expect(others.flatMap(document => [...loggedRequests(document)])).toEqual([])
    expect([
      ...loggedRequests({ ...own, weight: 1e300 }),
      ...loggedRequests({ ...own, weight: '9' }),
    ]).toMatchObject([{ weight: 1_000_000 }, { weight: 1 }])
  })
})

describe('Refusals', () => {
  const logged = (fields: Partial<LoggedRequest>): LoggedRequest => {
    const [request] = loggedRequests(JSON.parse(line()))
    if (request === undefined) throw new Error('the line holds no request')
    return { ...request, ...fields }
  }

  test('forgets the least frequent of too many different requests, and counts them', () => {
    const refusals = new Refusals({ host: HOST, since: null })
    const total = 3 * MAX_REQUESTS
    for (let n = 0; n < total; n++) {
      refusals.add(logged({ origin: `https://${n}.example` }))
      if (n % 10 === 0) refusals.add(logged({}))
    }
    const list = refusals.list()
    expect(list.length).toBeLessThanOrEqual(MAX_REQUESTS)
    expect(list[0]).toMatchObject({ origin: 'https://app.example.com', preflights: total / 10 })
    const kept = list.reduce((sum, { preflights }) => sum + preflights, 0)
    expect(kept + refusals.forgotten).toBe(total * 1.1)
  })

  test('keeps the offending name of a list that the log has cut, and not the name it was cut within', () => {
    const refusals = new Refusals({ host: null, since: null })
    refusals.add(logged({ requestedHeaders: 'X-B, content-type,x-c…', header: 'x-cos-acl' }))
    expect(refusals.list()).toMatchObject([{ names: ['content-type', 'x-b', 'x-cos-acl'], isCut: true }])
  })
})
