import { execFile } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { decorate } from '../../src/answers/actual.ts'
import { answerPreflight } from '../../src/answers/preflight.ts'
import type { DifferenceClass } from '../../src/cli/verify/difference-class.ts'
import { paced } from '../../src/cli/verify/pace.ts'
import { deriveProbes } from '../../src/cli/verify/probes.ts'
import type { Configuration } from '../../src/cors/configuration.ts'
import { type Decision, decide } from '../../src/cors/decide.ts'
import { type DialectName, dialectOf } from '../../src/cors/dialect.ts'
import { compile, hydrate } from '../../src/cors/policy.ts'
import type { CorsRequest } from '../../src/cors/request.ts'
import { readXml } from '../../src/formats/xml.ts'
import { Edge } from '../worker/harness.ts'
import { CEPH_KEY, CEPH_RULES, startCeph } from './ceph.ts'
import { startDemoBucket } from './demo-bucket.ts'
import { MemoryKv, useKv } from './memory-kv.ts'
import { Project } from './rules.ts'

const RULES = `<CORSConfiguration>
  <CORSRule><AllowedOrigin>https://app.example.com</AllowedOrigin><AllowedOrigin>https://example.*.example.com</AllowedOrigin>
    <AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>content-type</AllowedHeader>
    <AllowedHeader>x-cos-meta-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>600</MaxAgeSeconds></CORSRule>
  <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>
  <ResponseVary>true</ResponseVary>
</CORSConfiguration>`
const CONFIGURATION = readXml(RULES).configuration as Configuration
const KEY = 'a b/é.txt'

const here = new Project({ 'rules.xml': RULES })
const servers: ReturnType<typeof createServer>[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})
afterAll(() => here.remove())

/** A fault may change what a bucket sees of a request, and what it answers. */
interface Fault {
  seen?: (seen: CorsRequest, request: IncomingMessage) => CorsRequest
  decided?: (decision: Decision, seen: CorsRequest) => Decision
  answer?: (response: Response, seen: CorsRequest, request: IncomingMessage) => Response
  /** Called first. true: the server does not answer. */
  silent?: () => boolean
}

/** Starts a bucket with these rules on loopback, with at most one fault. It answers preflights, and GET and HEAD. */
async function bucket(
  fault: Fault = {},
  configuration = CONFIGURATION,
  dialectName: DialectName = 'cos',
): Promise<string> {
  const dialect = dialectOf(dialectName)
  const policy = hydrate(compile(configuration, dialectName))
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    if (fault.silent?.()) {
      request.socket.destroy()
      return
    }
    const isPreflight = request.method === 'OPTIONS'
    const header = (name: string) => request.headers[name]?.toString() ?? null
    const sent = {
      origin: header('origin'),
      method: isPreflight ? header('access-control-request-method') : (request.method ?? ''),
      requestedHeaders: isPreflight ? header('access-control-request-headers') : null,
    }
    const seen = fault.seen?.(sent, request) ?? sent
    const found = decide(policy, seen)
    const decision = fault.decided?.(found, seen) ?? found
    const { origin } = sent
    const right = isPreflight
      ? answerPreflight(dialect, decision, { url: `http://x${request.url}`, ...sent }, false)
      : decorate(new Response('object'), { dialect, decision, origin })
    const answer = fault.answer?.(right, seen, request) ?? right
    response.writeHead(answer.status, [...answer.headers].flat())
    response.end(request.method === 'HEAD' ? null : Buffer.from(await answer.arrayBuffer()))
  }
  const server = createServer((request, response) => void respond(request, response))
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const verify = (edge: string, other: string, ...args: string[]) =>
  here.run(['verify', '--edge', edge, '--bucket', other, '--rate', '1000', '--file', 'rules.xml', ...args])

const lower = (text: string | null) => text?.toLowerCase() ?? null
/** Returns the answer with one header changed, or removed for null. */
const withHeader = (response: Response, name: string, value: string | null): Response => {
  if (value === null) response.headers.delete(name)
  else response.headers.set(name, value)
  return response
}

/** Each fault, and the most serious class of its differences. */
const FAULTS: [string, DifferenceClass, Fault][] = [
  [
    'another Max-Age',
    'form',
    {
      answer: r =>
        r.headers.has('access-control-max-age') ? withHeader(r, 'access-control-max-age', '601') : r,
    },
  ],
  ['no credentials', 'readable', { answer: r => withHeader(r, 'access-control-allow-credentials', null) }],
  [
    'no Vary on preflights',
    'form',
    { answer: (r, _, { method }) => (method === 'OPTIONS' ? withHeader(r, 'vary', null) : r) },
  ],
  ['origins in any case', 'form', { seen: seen => ({ ...seen, origin: lower(seen.origin) }) }],
  [
    'a pattern whose ends overlap',
    'readable',
    {
      seen: seen =>
        seen.origin === 'https://example.example.com'
          ? { ...seen, origin: 'https://example.x.example.com' }
          : seen,
    },
  ],
  [
    'origins that only begin alike',
    'readable',
    {
      seen: seen =>
        seen.origin?.startsWith('https://app.example.com')
          ? { ...seen, origin: 'https://app.example.com' }
          : seen,
    },
  ],
  [
    'request methods in any case',
    'refusal',
    { seen: seen => ({ ...seen, method: seen.method?.toUpperCase() ?? null }) },
  ],
  ['headers that are not checked', 'decision', { seen: seen => ({ ...seen, requestedHeaders: null }) }],
  [
    'a header prefix that matches nothing',
    'decision',
    {
      seen: seen => ({
        ...seen,
        requestedHeaders: seen.requestedHeaders?.replace(/^x-cos-meta-\w+$/, 'x-unknown') ?? null,
      }),
    },
  ],
  [
    'the last rule that matches',
    'readable',
    {
      decided: (decision, seen) =>
        decision.outcome === 'allowed' && seen.method === 'GET' && seen.requestedHeaders === null
          ? decide(hydrate(compile({ ...CONFIGURATION, rules: CONFIGURATION.rules.slice(1) }, 'cos')), seen)
          : decision,
    },
  ],
  [
    'another error where there is no origin',
    'refusal',
    {
      answer: (r, { origin }) =>
        origin === null && r.status === 400
          ? new Response('<Error><Code>Other</Code></Error>', { status: 400 })
          : r,
    },
  ],
  [
    '200 for everything',
    'refusal',
    { answer: r => (r.status === 403 ? new Response(null, { status: 200 }) : r) },
  ],
  [
    'two origins in one',
    'refusal',
    { seen: seen => ({ ...seen, origin: seen.origin?.split(',')[0] ?? null }) },
  ],
  [
    'no exposed headers of objects',
    'readable',
    {
      answer: (r, _, { method }) =>
        method === 'GET' ? withHeader(r, 'access-control-expose-headers', null) : r,
    },
  ],
]

describe('rules verify', { timeout: 120_000 }, () => {
  useKv(new MemoryKv())

  test('reports no difference between equal servers, and sends only requests that change nothing', async () => {
    const methods = new Set<string>()
    const paths = new Set<string>()
    const note: Fault = {
      answer: (response, _, request) => {
        methods.add(request.method ?? '')
        if (request.method !== 'OPTIONS') paths.add(request.url ?? '')
        return response
      },
    }
    const { code, out, err } = await verify(await bucket(note), await bucket(note), '--key', KEY)
    expect({ code, out, err }).toEqual({
      code: 0,
      out: expect.stringMatching(
        /^(\d+) of \1 compared, no difference\.\n\d+ positive and \d+ negative answers agree; 2 of 2 rules with a positive answer\.\n$/,
      ),
      err: '',
    })
    expect([...methods].sort()).toEqual(['GET', 'HEAD', 'OPTIONS'])
    expect([...paths]).toEqual(['/a%20b/%C3%A9.txt'])
  })

  test.each(FAULTS)('finds a bucket with %s (class %s)', async (_, worst, fault) => {
    const [edge, other] = [await bucket(), await bucket(fault)]
    const { code, out } = await verify(edge, other, '--key', KEY, '--json')
    const verdict = JSON.parse(out)
    expect(verdict.differences[0].class, JSON.stringify(verdict.classes)).toBe(worst)
    // What a browser decides is the exit code.
    expect([code, verdict.equal, verdict.failures]).toEqual([worst === 'decision' ? 1 : 0, false, []])
    expect(verdict.differences.length).toBeGreaterThan(0)
    expect(verdict.differences.length).toBeLessThan(verdict.probes)
  })

  test('counts every difference with --strict', async () => {
    const [edge, other] = [await bucket(), await bucket({ answer: r => withHeader(r, 'vary', null) })]
    expect((await verify(edge, other)).code).toBe(0)
    expect((await verify(edge, other, '--strict')).code).toBe(1)
  })

  test('prints each difference with the curl commands that repeat it', async () => {
    const [edge, other] = [
      await bucket(),
      await bucket({ seen: seen => ({ ...seen, origin: seen.origin ?? 'null' }) }),
    ]
    const { code, out } = await verify(edge, other)
    expect(code).toBe(0)
    const curl = (base: string) =>
      `  curl -sSi --path-as-is -X OPTIONS -H 'Access-Control-Request-Method: GET' '${base}/edge-preflight-verify'`
    expect(out.split('\n\n').slice(0, 2)).toEqual([
      'Status or code of a refusal differs, or the answer to a request that no browser sends: 1 probe',
      `preflight /edge-preflight-verify: Method GET  no origin
  status  edge 400         bucket 200
  code    edge BadRequest  bucket -
${curl(edge)} '${other}/edge-preflight-verify'`,
    ])
  })

  test('resumes an interrupted run, and rejects the results of another run', async () => {
    const { probes } = deriveProbes(CONFIGURATION, { key: null, max: 20_000 })
    let asked = 0
    let until = 20
    const silent = () => ++asked > until
    const [edge, other] = [await bucket({ silent }), await bucket()]
    const args = ['--resume', 'run.jsonl', '--concurrency', '5']
    const first = await verify(edge, other, ...args)
    expect(first.code).toBe(2)
    expect(first.err).toMatch(
      /^Edge: no answer from http.+ of \d+ probes were not compared\. Run the same command again to continue\.\n$/s,
    )
    expect(first.out).toMatch(/^20 of \d+ compared, no difference\.\n\d+ positive/)

    expect(await verify(edge, other, '--resume', here.folder)).toMatchObject({
      code: 2,
      err: `--resume ${here.folder}: this is a folder. Name a file in it.\n`,
    })
    const journal = join(here.folder, 'run.jsonl')
    appendFileSync(journal, '[19,{"differ')
    asked = 0
    until = Number.POSITIVE_INFINITY
    const second = await verify(edge, other, ...args)
    expect(second).toMatchObject({
      code: 0,
      out: expect.stringContaining(`${probes.length} of ${probes.length} compared, no difference.\n`),
    })
    expect(asked).toBe(probes.length - 20)
    expect(readFileSync(journal, 'utf8')).not.toContain('"differ\n')

    const another = await verify(edge, other, ...args, '--key', KEY)
    expect(another).toMatchObject({
      code: 2,
      err: expect.stringContaining('the file belongs to another run'),
    })
    writeFileSync(journal, '')
  })

  test('reports its results so far when it is interrupted', async () => {
    let interrupt = () => {}
    const asked = new Promise<void>(done => {
      interrupt = done
    })
    const silent = () => {
      interrupt()
      return false
    }
    const [edge, other] = [await bucket({ silent }), await bucket()]
    const args = ['verify', '--edge', edge, '--bucket', other, '--file', 'rules.xml', '--rate', '1']
    const run = new Promise<{ code: unknown; out: string; err: string }>(done => {
      const child = execFile(
        process.execPath,
        [resolve('src/cli/main.ts'), ...args],
        { cwd: here.folder },
        (error, out, err) => done({ code: error?.code, out, err }),
      )
      void asked.then(() => child.kill('SIGINT'))
    })
    expect(await run).toEqual({
      code: 2,
      out: expect.stringMatching(/^\d+ of \d+ compared, (?:no difference|nothing to judge)\.\n/),
      err: expect.stringMatching(
        /^Interrupted\. \d+ of \d+ probes were not compared\. Pass --resume FILE to continue an interrupted run\.\n$/,
      ),
    })
  })

  test('derives the probes from the live rules, at most --max of them', async () => {
    const servers = [
      '--edge',
      await bucket(),
      '--bucket',
      await bucket(),
      '--rate',
      '1000',
      '--concurrency',
      '64',
    ]
    expect((await here.run(['publish', 'rules.xml', '--host', 'edge.example', '--local'])).code).toBe(0)
    const live = await here.run(['verify', ...servers, '--host', 'edge.example', '--local'])
    const { probes } = deriveProbes(CONFIGURATION, { key: null, max: 20_000 })
    expect(live).toEqual({
      code: 0,
      out: expect.stringContaining(`${probes.length} of ${probes.length} compared, no difference.\n`),
      err: '',
    })
    const some = await here.run(['verify', ...servers, '--file', 'rules.xml', '--max', '7'])
    expect(some.out).toContain(`7 of 7 compared, no difference, ${probes.length - 7} not sent (--max).\n`)
    const other = await here.run(['verify', ...servers, '--host', 'other.example', '--local'])
    expect(other).toMatchObject({ code: 2, err: expect.stringContaining('other.example has no rules') })
  })

  test('does not pass if it compares a server with itself, or compares refusals only', async () => {
    const edge = await bucket()
    expect(await verify(edge, edge)).toEqual({
      code: 2,
      out: '',
      err: expect.stringContaining('--edge and --bucket are the same server'),
    })
    const refuse: Fault = { answer: () => new Response(null, { status: 403 }) }
    const refused = await verify(await bucket(refuse), await bucket(refuse))
    expect(refused).toMatchObject({
      code: 2,
      out: expect.stringMatching(
        /\n0 positive and \d+ negative answers agree; 0 of 2 rules with a positive answer\.\n$/,
      ),
      err: expect.stringContaining('Warning: Nothing was allowed on both sides'),
    })
    const json = await verify(await bucket(refuse), await bucket(refuse), '--json')
    expect(JSON.parse(json.out)).toMatchObject({
      equal: false,
      positive: 0,
      rules: { tested: [], untested: [1, 2] },
    })
    const gone = await verify('http://127.0.0.1:9', 'http://127.0.0.1:10', '--rate', '1000')
    expect(gone).toMatchObject({ code: 2, err: expect.stringContaining('Warning: No answer was compared.') })
    expect(gone.out).not.toContain('no difference')
  })

  test('warns of a rule without a positive answer, and of rules that allow none of the requests', async () => {
    const shadowed = RULES.replace(
      '</CORSConfiguration>',
      '<CORSRule><AllowedOrigin>https://x.test</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>',
    )
    const configuration = readXml(shadowed).configuration as Configuration
    here.write('shadowed.xml', shadowed)
    const servers = ['--edge', await bucket({}, configuration), '--bucket', await bucket({}, configuration)]
    const run = await here.run(['verify', ...servers, '--rate', '1000', '--file', 'shadowed.xml'])
    expect(run).toMatchObject({
      code: 0,
      out: expect.stringContaining('2 of 3 rules with a positive answer.'),
      err: 'Warning: No positive answer of rule 3 was compared: an earlier rule answers, or the answers differ.\n',
    })
    here.write(
      'never.xml',
      '<CORSConfiguration><CORSRule><AllowedOrigin>a,b</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>',
    )
    const never = await here.run(['verify', ...servers, '--rate', '1000', '--file', 'never.xml'])
    expect(never.err).toContain('Warning: The rules allow none of the requests')
  })

  test('reports errors in the call, and a server that does not answer', async () => {
    const [edge, other] = [await bucket(), await bucket()]
    const none = await here.run(['verify', '--edge', edge, '--bucket', other])
    expect(none).toMatchObject({ code: 2, err: expect.stringContaining('Pass --file FILE') })
    here.write('broken.xml', '<CORSConfiguration/>')
    const broken = await here.run(['verify', '--edge', edge, '--bucket', other, '--file', 'broken.xml'])
    expect(broken).toMatchObject({ code: 2, err: expect.stringContaining('broken.xml has errors') })
    expect(await verify(edge, other, '--edge-host', 'a b')).toMatchObject({ code: 2, out: '' })
    expect(await verify(edge, other, '--rate', '0')).toMatchObject({ code: 2, out: '' })
    const gone = await verify(edge, 'http://127.0.0.1:9', '--json')
    expect(gone.code).toBe(2)
    expect(JSON.parse(gone.out)).toMatchObject({
      equal: false,
      stopped: expect.stringContaining('Bucket: no answer'),
    })
  })
})

describe('paced()', () => {
  test('starts no more per second, and no more at the same time, than allowed', async () => {
    const began = performance.now()
    let underWay = 0
    let most = 0
    const done: number[] = []
    await paced(
      [...Array(31).keys()],
      { rate: 100, concurrency: 3 },
      new AbortController().signal,
      async item => {
        most = Math.max(most, ++underWay)
        await new Promise(setImmediate)
        underWay--
        done.push(item)
      },
    )
    expect(performance.now() - began).toBeGreaterThanOrEqual(290)
    expect(most).toBeLessThanOrEqual(3)
    expect(done.sort((a, b) => a - b)).toEqual([...Array(31).keys()])
  })
})

describe('rules verify, through workerd', { timeout: 120_000 }, () => {
  test('shows that the edge answers preflights as the demo bucket does, and where it differs by design', async () => {
    const demo = await startDemoBucket()
    const edge = await Edge.start({
      vars: { ORIGIN: demo.origin },
      rules: { 'cors:edge.example': RULES },
    })
    try {
      await demo.putCors(RULES)
      await demo.putObject(KEY, 'object')
      const host = ['--edge-host', 'edge.example']
      expect(await verify(edge.origin, demo.origin, ...host)).toMatchObject({ code: 0, err: '' })

      // A plain server of the same rules decorates objects as COS does; the edge refuses strangers besides.
      const strict = RULES.replace(/<CORSRule><AllowedOrigin>\*.*?<\/CORSRule>/, '')
      here.write('rules.xml', strict)
      await edge.putRules('cors:strict.example', strict)
      const configuration = readXml(strict).configuration as Configuration
      const cos = await bucket(
        { answer: (r, _, { method }) => (method === 'OPTIONS' ? r : withHeader(r, 'vary', null)) },
        configuration,
      )
      const args = ['--edge-host', 'strict.example', '--key', KEY]
      const lenient = await verify(edge.origin, cos, ...args)
      expect(lenient).toMatchObject({
        code: 0,
        out: expect.stringMatching(/no difference, \d+ differ by design/),
      })
      const all = await verify(edge.origin, cos, ...args, '--strict')
      expect(all).toMatchObject({ code: 1, out: expect.stringMatching(/edge 403 .*bucket 200/) })
    } finally {
      here.write('rules.xml', RULES)
      await edge.stop()
      await demo.stop()
    }
  })

  test('shows what a browser decides otherwise at a recorded Ceph before the differences of form', async () => {
    const ceph = await startCeph()
    const edge = { vars: { ORIGIN: ceph.origin, DIALECT: 's3' }, rules: { 'cors:127.0.0.1': CEPH_RULES } }
    const { asS3, asCeph } = await Edge.startAll({
      asS3: edge,
      asCeph: { ...edge, vars: { ...edge.vars, CREDENTIALS: 'off' } },
    })
    try {
      here.write('ceph.xml', CEPH_RULES)
      const compare = ({ origin }: Edge, ...args: string[]) =>
        here.run(
          [
            'verify',
            '--edge',
            origin,
            '--bucket',
            ceph.origin,
            '--key',
            CEPH_KEY,
            '--file',
            'ceph.xml',
          ].concat(['--rate', '1000'], args),
        )
      const { code, out, err } = await compare(asS3)
      expect({ unknown: ceph.unknown, unsent: ceph.unsent() }).toEqual({ unknown: [], unsent: [] })
      const [decisive = '', ...others] = out.split(/\n\n(?=Credentials|Status|Form)/)
      expect(decisive.split('\n').length).toBeLessThan(24)
      expect(
        decisive
          .split('\n')
          .filter(line => /^(?:A browser|preflight|actual) /.test(line))
          .map(line => line.split('  ').at(-1)),
      ).toEqual([
        'A browser decides otherwise: 5 probes',
        'rule 1: GET not allowed',
        'the header *',
        '65 headers',
        'rule 1: an overlap of https://example.*.example.com',
        'rule 1',
      ])
      expect(others.map(text => text.split('\n').at(0))).toEqual([
        'Credentials or readable headers differ: 18 probes',
        'Status or code of a refusal differs, or the answer to a request that no browser sends: 50 probes',
        'Form only: a browser treats both answers alike: 20 probes',
      ])
      expect(err).toMatch(/^Warning: Credentials or readable headers differ in 18 probes\..+ pass --strict/)
      expect([code, out.split('\n').at(-3)]).toEqual([
        1,
        '100 of 100 compared, 93 differ: a browser decides otherwise in 5, credentials or readable headers differ in 18, 7 differ by design (docs/parity.md; --strict counts them).',
      ])

      const { classes } = JSON.parse((await compare(asCeph, '--json')).out)
      expect(classes).toEqual({ decision: 5, readable: 0, refusal: 50, form: 38 })
    } finally {
      await asS3.stop()
      ceph.stop()
    }
  })
})
