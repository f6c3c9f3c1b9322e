import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { isCron } from '../../src/cli/doctor/schedule.ts'
import { FakeCloudflare } from './cloudflare.ts'
import { Project } from './rules.ts'

const HOST = 'files.acme.test'
const RULES = `<CORSConfiguration><CORSRule><AllowedOrigin>https://app.acme.test</AllowedOrigin>
<AllowedMethod>GET</AllowedMethod><AllowedHeader>range</AllowedHeader><MaxAgeSeconds>600</MaxAgeSeconds></CORSRule></CORSConfiguration>`
const HEALTHY = `name = "edge"
main = "node_modules/edge-preflight/dist/index.js"
no_bundle = true
compatibility_date = "2026-10-20"
routes = [{ pattern = "${HOST}", custom_domain = true }]
[[kv_namespaces]]
binding = "RULES"
[vars]
ORIGIN = "https://bucket.acme.test"
DIALECT = "cos"
#end`
const ZONE = (pattern: string, zone = 'acme.test') =>
  `routes = [{ pattern = "${pattern}", zone_name = "${zone}" }]`
const CUSTOM = `routes = [{ pattern = "${HOST}", custom_domain = true }]`
const afterVars = (text: string) => [['#end', text]] as const

type Edits = readonly (readonly [from: string, to: string])[]
interface Planted {
  readonly code: string
  readonly status?: 'warning'
  readonly edits?: Edits
  readonly files?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** Something that the line must say. */
  readonly says?: string
}

/** Each fault, and the line that reports it. */
const FAULTS: Readonly<Record<string, Planted>> = {
  'a route of init that is not known yet': { code: 'placeholder', edits: [[HOST, 'files.invalid']] },
  'an ORIGIN of init that is not known yet': {
    code: 'placeholder',
    edits: [['bucket.acme.test', 'bucket.invalid']],
    says: "Write the bucket's own domain",
  },
  'the id of an example': {
    code: 'placeholder',
    edits: [['binding = "RULES"', 'binding = "RULES"\nid = "00000000000000000000000000000000"']],
  },
  'an id that is not of a KV namespace': {
    code: 'kv-id-invalid',
    edits: [['binding = "RULES"', 'binding = "RULES"\nid = "my-rules"']],
  },
  'a misspelt variable': {
    code: 'variable-unknown',
    edits: afterVars('UNMACHED = "forward"'),
    says: 'Rename it to UNMATCHED',
  },
  'a misspelt binding': {
    code: 'binding-unknown',
    edits: [['binding = "RULES"', 'binding = "RULEZ"']],
    says: 'Rename it to RULES',
  },
  'no KV namespace': { code: 'binding-missing', edits: [['[[kv_namespaces]]\nbinding = "RULES"\n', '']] },
  'ORIGIN=service without its binding': {
    code: 'binding-missing',
    edits: [['https://bucket.acme.test', 'service']],
    says: 'BUCKET',
  },
  'a binding of another kind': {
    code: 'binding-unknown',
    edits: afterVars('[[r2_buckets]]\nbinding = "FILES"\nbucket_name = "files"'),
    says: 'FILES',
  },
  'a value that the Worker rejects': {
    code: 'variable-invalid',
    edits: afterVars('UNMATCHED = "forwrad"'),
    says: 'refuse or forward',
  },
  'a secret in the file': {
    code: 'secret-in-vars',
    status: 'warning',
    edits: afterVars('SECRET_KEY = "abc"'),
    says: 'wrangler secret put SECRET_KEY',
  },
  'no ORIGIN': { code: 'origin-missing', edits: [['ORIGIN = "https://bucket.acme.test"', '']] },
  'an ORIGIN on this machine': {
    code: 'origin-loopback',
    edits: [['https://bucket.acme.test', 'http://localhost:9000']],
  },
  'an ORIGIN that is the edge itself': { code: 'origin-is-edge', edits: [['bucket.acme.test', HOST]] },
  'ORIGIN=route on a custom domain': {
    code: 'route-custom-domain',
    edits: [['https://bucket.acme.test', 'route']],
  },
  'a zone route without a star': { code: 'route-without-star', edits: [[CUSTOM, ZONE(`${HOST}/`)]] },
  'the name of another zone': {
    code: 'route-other-zone',
    edits: [[CUSTOM, ZONE(`${HOST}/*`, 'other.test')]],
  },
  'a route as plain text': {
    code: 'route-without-zone',
    status: 'warning',
    edits: [[CUSTOM, `routes = ["${HOST}/*"]`]],
  },
  'no route': { code: 'route-missing', edits: [[CUSTOM, 'workers_dev = false']] },
  'a compatibility date in the future': { code: 'date-in-future', edits: [['2026-10-20', '2099-01-01']] },
  'an old compatibility date': {
    code: 'date-untested',
    status: 'warning',
    edits: [['2026-10-20', '2022-01-01']],
  },
  'a compatibility flag': {
    code: 'flag-untested',
    status: 'warning',
    edits: [['no_bundle = true', 'no_bundle = true\ncompatibility_flags = ["nodejs_compatt"]']],
  },
  'a bad cron': {
    code: 'cron-invalid',
    edits: afterVars('SYNC = "cron"\n[triggers]\ncrons = ["every 5 minutes"]'),
  },
  'SYNC=cron without a cron': { code: 'cron-missing', edits: afterVars('SYNC = "cron"') },
  'SYNC without a guardrail': {
    ...{ code: 'guardrail-missing', status: 'warning', edits: afterVars('SYNC = "write-through"') },
    says: `there is no guardrail for ${HOST}`,
  },
  'a guardrail with errors': {
    ...{ code: 'guardrail-invalid', files: { 'rules/guardrails/default.xml': '<CORSConfiguration/>' } },
  },
  'a cron without SYNC=cron': {
    code: 'cron-unused',
    status: 'warning',
    edits: afterVars('[triggers]\ncrons = ["*/5 * * * *"]'),
  },
  'a Worker that is not installed': {
    code: 'main-missing',
    edits: [['edge-preflight/dist/index.js', 'edge-preflight/dist/worker.js']],
    says: 'npm install',
  },
  'an environment without variables': {
    code: 'origin-missing',
    edits: afterVars('[env.staging]\nworkers_dev = true\n[[env.staging.kv_namespaces]]\nbinding = "RULES"'),
    args: ['--env', 'staging'],
    says: 'An environment inherits no variables',
  },
  'an environment that does not exist': {
    code: 'config-invalid',
    args: ['--env', 'stagging'],
    says: 'stagging',
  },
  'a configuration that wrangler rejects': { code: 'config-invalid', edits: [['[vars]', '[vars']] },
  'rules with errors': {
    code: 'rules-invalid',
    files: { [`rules/${HOST}.xml`]: RULES.replace('GET', 'GETS') },
    says: `${HOST}.xml:2`,
  },
  'rules that cannot be read': { code: 'file-unreadable', files: { 'rules/other.acme.test.xml': '' } },
  'a rules file whose name is not a host': {
    code: 'rules-host-invalid',
    files: { 'rules/my rules.xml': RULES },
  },
  'a route without rules': {
    code: 'rules-missing',
    status: 'warning',
    edits: [[HOST, 'cdn.acme.test']],
    says: 'pull --bucket',
  },
  'wrong settings of a host': {
    code: 'settings-invalid',
    files: { 'rules/buckets.json': `{"${HOST}": {"dialekt": "s3"}}` },
  },
}

const project = new Project()
afterAll(() => project.remove())

/** The healthy project, with a fault. */
function plant({ edits = [], files = {} }: Pick<Planted, 'edits' | 'files'>): void {
  project.removeFolder('rules')
  let config = HEALTHY
  for (const [from, to] of edits) {
    if (!config.includes(from)) throw new Error(`the healthy configuration has no ${from}`)
    config = config.replace(from, to)
  }
  project.write('wrangler.toml', config)
  project.write(`rules/${HOST}.xml`, RULES)
  project.write('node_modules/edge-preflight/dist/index.js', '')
  for (const [name, text] of Object.entries(files)) project.write(name, text)
}

interface Check {
  readonly code: string
  readonly status: string
  readonly text: string
  readonly fix: string
}

async function doctor(...args: string[]): Promise<{ code: number; checks: Check[]; failed: boolean }> {
  const { code, out, err } = await project.run(['doctor', '--json', ...args])
  if (out === '') throw new Error(err)
  return { code, ...(JSON.parse(out) as { checks: Check[]; failed: boolean }) }
}
const bad = (checks: readonly Check[]) => checks.filter(({ status }) => status !== 'ok')

describe('doctor', { timeout: 60_000 }, () => {
  test.each(Object.entries(FAULTS))('finds %s', async (_, fault) => {
    plant(fault)
    const { code, checks, failed } = await doctor(...(fault.args ?? []))
    const status = fault.status ?? 'error'
    const found = bad(checks).find(check => check.code === fault.code)
    expect(found, JSON.stringify(checks)).toMatchObject({ status })
    expect(`${found?.text} ${found?.fix}`).toContain(fault.says ?? '')
    expect(found?.fix).not.toBe('')
    expect([code, failed]).toEqual(status === 'error' ? [1, true] : [0, false])
  })

  test.each<[string, Edits, Planted['files']?]>([
    ['a custom domain', []],
    [
      'a zone route',
      [
        [CUSTOM, ZONE(`${HOST}/*`)],
        ['https://bucket.acme.test', 'route'],
      ],
    ],
    [
      'a synchronised deployment',
      afterVars('SYNC = "cron,write-through"\n[triggers]\ncrons = ["*/5 * * * *"]'),
      { 'rules/guardrails/default.xml': RULES },
    ],
    ['a preview on workers.dev', [[CUSTOM, 'workers_dev = true']]],
  ])('finds nothing in %s', async (_, edits, files = {}) => {
    plant({ edits, files })
    const { code, checks } = await doctor()
    expect([code, bad(checks)]).toEqual([0, []])
  })

  test('prints one line per check, with the fix', async () => {
    plant(FAULTS['a misspelt variable'] ?? {})
    const { code, out, err } = await project.run(['doctor'])
    expect({ code, out, err }).toEqual({
      code: 1,
      out: `error    variable-unknown  wrangler.toml: the Worker does not read the variable UNMACHED. Rename it to UNMATCHED, or remove it.
ok       rules  Rules files: ${HOST}.
1 error, 0 warnings.
`,
      err: '',
    })
  })

  test('reports that there is no configuration to check', async () => {
    const empty = new Project()
    empty.removeFolder('wrangler.toml')
    expect(await empty.run(['doctor'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('Run `edge-preflight init` to make a project.'),
    })
    empty.remove()
  })
})

describe('deploy', { timeout: 60_000 }, () => {
  test('uploads nothing while the configuration has an error', async () => {
    plant(FAULTS['an ORIGIN of init that is not known yet'] ?? {})
    const { code, out, err } = await project.run(['deploy', '--dry-run'])
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/^error {4}placeholder .*\n1 error, 0 warnings\. Nothing was uploaded\.\n$/)
  })
})

describe('doctor --remote', { timeout: 120_000 }, () => {
  let cloudflare: FakeCloudflare
  beforeAll(async () => {
    cloudflare = await FakeCloudflare.start()
  })
  afterAll(() => cloudflare.stop())

  /** Runs `doctor --remote` with the login of the loopback API, and returns what is not in order. */
  async function remote(env: Readonly<Record<string, string>> = cloudflare.env) {
    const { code, out, err } = await project.run(['doctor', '--remote', '--json'], { env })
    if (out === '') return { code, err }
    const { checks } = JSON.parse(out) as { checks: Check[] }
    return { code, found: bad(checks).map(({ code, status, fix }) => [status, code, fix]) }
  }
  const SECRETS = 'SIGNING = "cos"'
  const PUBLISH = 'Run `npm run rules -- publish --remote`.'

  test('warns before the first deployment, and says in which order to deploy and publish', async () => {
    plant({})
    cloudflare.secrets = null
    expect(await remote()).toEqual({
      code: 0,
      found: [['warning', 'not-deployed', 'Run `npm run deploy`, then publish the rules.']],
    })
  })

  test('finds a missing secret, rules that are not or only half published, and other settings', async () => {
    const other = RULES.replace('range', '*')
    plant({
      edits: afterVars(SECRETS),
      files: {
        'rules/other.acme.test.xml': other,
        'rules/buckets.json': JSON.stringify({ 'other.acme.test': { unmatched: 'forward' } }),
      },
    })
    cloudflare.secrets = ['SECRET_ID']
    cloudflare.values.set(`cors:${HOST}`, { key: `cors:${HOST}`, value: other })
    expect(await remote()).toEqual({
      code: 0,
      found: [
        ['warning', 'secret-missing', 'Run `npm exec -- wrangler secret put SECRET_KEY`.'],
        ['warning', 'rules-outdated', PUBLISH],
        ['warning', 'rules-unpublished', PUBLISH],
        ['warning', 'settings-unpublished', PUBLISH],
      ],
    })
  })

  test('finds nothing once secrets are set and the rules are published', async () => {
    plant({ edits: afterVars(SECRETS) })
    cloudflare.secrets = ['SECRET_ID', 'SECRET_KEY']
    cloudflare.values.set(`cors:${HOST}`, { key: `cors:${HOST}`, value: RULES })
    expect(await remote()).toEqual({ code: 0, found: [] })
  })

  test('finds guardrails that only their files have, and is content once KV has the same', async () => {
    const file = `rules/guardrails/${HOST}.xml`
    const put = `Run \`npm exec -- wrangler kv key put guardrail:${HOST} --path ${file} --binding RULES --remote\`.`
    plant({ files: { [file]: RULES } })
    cloudflare.secrets = []
    cloudflare.values.set(`cors:${HOST}`, { key: `cors:${HOST}`, value: RULES })
    const key = `guardrail:${HOST}`
    for (const value of [null, RULES.replace('range', '*')]) {
      if (value !== null) cloudflare.values.set(key, { key, value })
      expect(await remote()).toEqual({ code: 0, found: [['warning', 'guardrail-unpublished', put]] })
    }
    cloudflare.values.set(key, { key, value: `\n${RULES}` })
    expect(await remote()).toEqual({ code: 0, found: [] })
  })

  test('says how to log in', async () => {
    plant({})
    const env = { ...cloudflare.env, CLOUDFLARE_API_TOKEN: '', HOME: project.folder }
    expect(await remote(env)).toEqual({
      code: 2,
      err: 'wrangler is not logged in to Cloudflare. Run `npm exec wrangler login`, or set CLOUDFLARE_API_TOKEN.\n',
    })
  })
})

describe('doctor --edge and --bucket', { timeout: 60_000 }, () => {
  const servers: Server[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  async function serve(
    answer: (origin: string, response: ServerResponse, method: string) => void,
  ): Promise<string> {
    const server = createServer((request, response) => {
      answer(String(request.headers.origin ?? ''), response, request.method ?? '')
      if (!response.writableEnded) response.end()
    })
    servers.push(server)
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const ID = ['x-cos-request-id', 'NmIw'] as const
  const ORIGIN = ['access-control-allow-origin', 'https://app.acme.test'] as const

  test.each<[string, number, readonly (readonly [string, string])[], string]>([
    ['Cloudflare Access', 302, [['location', 'https://acme.cloudflareaccess.com/login']], 'edge-access'],
    ['a challenge of the firewall', 403, [['cf-mitigated', 'challenge']], 'edge-challenge'],
    ['another server', 200, [ORIGIN], 'edge-other'],
    ['a second Allow-Origin', 200, [ID, ORIGIN, ['access-control-allow-origin', '*']], 'edge-two-origins'],
    ['an edge that fails', 503, [ID], 'edge-failing'],
    ['rules that are not published', 403, [ID], 'edge-refuses'],
    ['a cache that ignores Vary', 200, [ID, ORIGIN], 'edge-cache'],
  ])('finds %s', async (_, status, headers, code) => {
    plant({})
    const edge = await serve((_origin, response) => response.writeHead(status, headers.flat()))
    const { checks } = await doctor('--edge', edge, '--edge-host', HOST)
    expect(bad(checks)).toMatchObject([{ code, status: 'error' }])
  })

  test('reports the revision of a healthy edge, and that pages can go past it', async () => {
    plant({})
    const allow = (origin: string, response: ServerResponse) => {
      const timing = ['server-timing', 'policy;desc="memory", decide;dur=0, revision;desc="abc123"'] as const
      const granted = origin === ORIGIN[1] ? [ORIGIN] : []
      response.writeHead(200, [ID, timing, ...granted].flat())
    }
    const [edge, bucket] = [await serve(allow), await serve(allow)]
    const healthy = await doctor('--edge', edge, '--edge-host', HOST)
    expect(bad(healthy.checks)).toEqual([])
    expect(healthy.checks.find(({ code }) => code === 'edge')?.text).toContain('Revision abc123.')
    const open = await doctor('--edge', edge, '--edge-host', HOST, '--bucket', bucket)
    expect(bad(open.checks)).toMatchObject([{ code: 'bucket-open', status: 'warning' }])
  })

  test('finds an edge and a bucket that do not answer, and a clock that is off', async () => {
    plant({})
    const gone = await doctor('--edge', 'http://127.0.0.1:9', '--bucket', 'http://127.0.0.1:9')
    expect(bad(gone.checks).map(({ code }) => code)).toEqual(['edge-unreachable', 'bucket-unreachable'])
    const late = await serve((_, response) =>
      response.writeHead(200, { date: new Date(Date.now() - 3_600_000).toUTCString() }),
    )
    const skewed = await doctor('--bucket', late)
    expect(bad(skewed.checks)).toMatchObject([
      { code: 'clock-skew', text: expect.stringContaining('60 minutes') },
    ])
  })

  test('compares the rules of the bucket with the file, and finds a key that may not read them', async () => {
    plant({})
    const key = { SECRET_ID: 'id', SECRET_KEY: 'secret' }
    const ask = async (status: number, body: string) => {
      const bucket = await serve((_, response) => response.writeHead(status).end(body))
      const { out } = await project.run(['doctor', '--json', '--bucket', bucket], { env: key })
      return (JSON.parse(out) as { checks: Check[] }).checks.at(-1)
    }
    expect(await ask(200, RULES)).toMatchObject({ status: 'ok', text: expect.stringContaining('same rules') })
    expect(await ask(200, RULES.replace('GET', 'PUT'))).toMatchObject({ code: 'bucket-rules-differ' })
    expect(await ask(403, '<Error><Code>AccessDenied</Code></Error>')).toMatchObject({ code: 'bucket-key' })
  })
})

describe('isCron()', () => {
  test.each(['* * * * *', '*/5 * * * *', '0 9-17 L * MON-FRI', '30 4 1,15W JAN 2#1'])('accepts %s', cron => {
    expect(isCron(cron)).toBe(true)
  })
  test.each([
    '',
    '* * * *',
    '60 * * * *',
    '*/0 * * * *',
    '0 0 32 * *',
    '0 0 * 13 *',
    '0 0 * * 0',
    '5-1 * * * *',
  ])('rejects "%s"', cron => {
    expect(isCron(cron)).toBe(false)
  })
})
