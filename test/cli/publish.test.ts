import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { LocalKv } from '../../src/cli/kv/local.ts'
import { decodeValue } from '../../src/rules/decode.ts'
import { settingsDigest } from '../../src/rules/record.ts'
import { Rules } from '../../src/rules/rules.ts'
import { FakeCloudflare } from './cloudflare.ts'
import { Project, type Run } from './rules.ts'

const RULES = readFileSync('test/fixtures/rules/cos-sample.xml', 'utf8')
const DEFAULT = '{"CORSRules":[{"AllowedOrigins":["*"],"AllowedMethods":["GET"]}]}'
const SETTINGS = { 'Files.example.com': { dialect: 's3', unmatched: 'forward' } }

const projects: Project[] = []
function project(files: Readonly<Record<string, string>>): Project {
  const made = new Project(files)
  projects.push(made)
  return made
}
afterAll(() => {
  for (const made of projects) made.remove()
})

/** What is in the local KV of a project: key → value, and the metadata of each key. */
async function contentsOf({ folder }: Project, state: string) {
  const place = {
    where: 'local',
    env: 'local',
    state: join(folder, state),
    namespace: 'local-rules',
  } as const
  const kv = await LocalKv.open(place)
  const keys = await kv.list('')
  const values = await kv.get(keys.map(({ key }) => key))
  await kv.close()
  return { values, metadata: new Map(keys.map(({ key, metadata }) => [key, metadata])) }
}

describe('rules publish --local', { timeout: 120_000 }, () => {
  test('publishes all of rules/, not with --dry-run, leaves alone what is unchanged, and keeps history', async () => {
    const here = project({
      'rules/Files.example.com.xml': RULES,
      'rules/default.json': DEFAULT,
      'rules/buckets.json': JSON.stringify(SETTINGS),
    })
    const args = ['publish', '--local', '--persist-to', 'state']
    const dry = await here.run([...args, '--dry-run'])
    expect(dry.code).toBe(0)
    expect(dry.out).toMatch(
      /\ndefault {12}rules {5}to be published {2}revision [0-9a-f]{12} {2}1 rule {2}new\nThe local KV \(environment local\): 3 to be published, 0 unchanged\.\n$/,
    )
    const first = await here.run(args)
    const { values, metadata } = await contentsOf(here, 'state')
    const files = JSON.parse(values.get('cors:files.example.com') ?? '')
    const others = JSON.parse(values.get('cors:default') ?? '')
    expect(withoutFindings(first)).toEqual({
      code: 0,
      out: `files.example.com  settings  published  new
files.example.com  rules     published  revision ${files.revision}  1 rule  new
default            rules     published  revision ${others.revision}  1 rule  new
The local KV (environment local): 3 published, 0 unchanged.
`,
      err: '',
    })
    const history = [`history:files.example.com:${files.revision}`, `history:default:${others.revision}`]
    expect([...values.keys()].sort()).toEqual(
      ['bucket:files.example.com', 'cors:default', 'cors:files.example.com', ...history].sort(),
    )
    expect(values.get('bucket:files.example.com')).toBe('{"dialect":"s3","unmatched":"forward"}')
    // The rules belong to the settings that were published with them.
    expect([files.settings, others.settings]).toEqual([
      await settingsDigest(values.get('bucket:files.example.com') ?? null),
      null,
    ])
    expect(files.source).toBe('rules/Files.example.com.xml')
    for (const key of ['cors:files.example.com', 'cors:default']) {
      const record = JSON.parse(values.get(key) ?? '')
      expect(await decodeValue(values.get(key) ?? '')).toBeInstanceOf(Rules)
      expect(metadata.get(key)).toEqual({ revision: record.revision, publishedAt: record.publishedAt })
    }
    expect(values.get(history[0] ?? '')).toBe(values.get('cors:files.example.com'))

    const second = await here.run(args)
    expect(withoutFindings(second)).toEqual({
      code: 0,
      out: `files.example.com  settings  unchanged
files.example.com  rules     unchanged  revision ${files.revision}  1 rule
default            rules     unchanged  revision ${others.revision}  1 rule
The local KV (environment local): 0 published, 3 unchanged.
`,
      err: '',
    })

    here.write('other.json', DEFAULT.replace('GET', 'HEAD'))
    const third = await here.run([...args, 'other.json', '--host', 'FILES.example.com', '--json'])
    const [{ differences, ...change }] = JSON.parse(third.out).changes
    expect(differences.map(({ text }: { text: string }) => text)).toEqual([
      '`https://example.com` and `https://bar.com` lose GET, PUT, POST, DELETE.',
      '`https://example.com` and `https://bar.com` may no longer send any other header with HEAD.',
      'Every other origin gains HEAD.',
      'Answers to HEAD from `https://example.com` and `https://bar.com`: credentials are no longer allowed (Access-Control-Allow-Origin the origin → *).',
      'Answers to HEAD from `https://example.com` and `https://bar.com`: exposed headers ETag, x-cos-meta-author → none.',
      'Answers to HEAD from `https://example.com` and `https://bar.com`: max-age 600 → none.',
    ])
    expect(change).toEqual({
      complete: true,
      host: 'files.example.com',
      key: 'cors:files.example.com',
      kind: 'rules',
      status: 'published',
      revision: expect.stringMatching(/^[0-9a-f]{12}$/),
      rules: 1,
      // From the settings that are live: none are published now.
      dialect: 's3',
      source: 'other.json',
      previous: files.revision,
    })
    const after = await contentsOf(here, 'state')
    expect(JSON.parse(after.values.get('cors:files.example.com') ?? '').revision).toBe(change.revision)
    expect(after.values.get(`history:files.example.com:${files.revision}`)).toBe(values.get(history[0] ?? ''))
    expect(after.values.has(`history:files.example.com:${change.revision}`)).toBe(true)
    expect(after.values.get('cors:default')).toBe(values.get('cors:default'))
    expect(existsSync(join(here.folder, '.wrangler/state'))).toBe(false)
  })

  test('writes nothing when one of the files has errors', async () => {
    const here = project({ 'rules/default.xml': RULES, 'rules/a.example.xml': RULES.replace('PUT', 'put') })
    const { code, out, err } = await here.run(['publish', '--local'])
    expect(code).toBe(1)
    expect(out).toContain('rules/a.example.xml:')
    expect(out).toContain('method-unknown')
    expect(err).toMatch(/^Nothing was published\. 2 files: 1 error, \d+ warnings?\.\n$/)
    expect(existsSync(join(here.folder, '.wrangler/state'))).toBe(false)
  })

  test('says why and ends when the local KV can not be opened', async () => {
    const here = project({ 'rules/default.json': DEFAULT })
    const { code, out, err } = await here.run(['publish', '--local', '--persist-to', 'wrangler.toml'])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(
      /^The local KV in .*\/wrangler\.toml could not be opened: ENOTDIR.* Check that .*\/wrangler\.toml\/.+ can be written\.\n$/,
    )
  })

  test('needs no home folder that can be written', async () => {
    const here = project({ 'rules/default.json': DEFAULT })
    const { command, options } = here.process(['list', '--local'], { HOME: '/dev/null' })
    const { WRANGLER_LOG_PATH: _, XDG_CONFIG_HOME: _config, ...env } = options.env
    const [program, ...args] = command
    const { stdout, stderr } = await promisify(execFile)(program, args, { ...options, env })
    expect({ stdout, stderr }).toEqual({
      stdout: '0 hosts in the local KV (environment local).\n',
      stderr: '',
    })
  })

  test('refuses what it can not publish with one sentence, before anything is read from KV', async () => {
    const here = project({
      'rules/a.example.xml': RULES,
      'rules/a.example.json': DEFAULT,
      'http___.xml': RULES,
      'rules.txt': RULES,
      'bücher.example.xml': RULES,
    })
    const calls: [args: string[], error: string][] = [
      [
        ['a.xml'],
        "Commands that read or write KV require --local (this machine's KV, used by npm start) or --remote (Cloudflare's KV).\n",
      ],
      [
        ['a.xml', '--remote'],
        'Cannot ask for confirmation: this is not a terminal. Pass --yes to publish, or --dry-run to preview.\n',
      ],
      [
        ['--local'],
        'rules/a.example.json and rules/a.example.xml are both for a.example, which has one set of rules: keep one file.\n',
      ],
      [
        ['rules.txt', '--local'],
        'rules.txt: "rules.txt" is not <hostname>.xml or <hostname>.json. Rename the file, or name its host with --host.\n',
      ],
      [
        ['bücher.example.xml', '--local'],
        'bücher.example.xml: "bücher.example" is not a host name (no scheme, port or path, no empty label); use xn--bcher-kva.example if that is the host. Rename the file, or name its host with --host.\n',
      ],
      [
        ['rules.txt', '--local', '--host', 'https://a.example'],
        '--host: "https://a.example" is not a host name (no scheme, port or path, no empty label); use a.example if that is the host.\n',
      ],
      [['rules/', '--local'], 'rules/: this is a folder. Name the files in it, such as rules/*.xml.\n'],
      [['a.xml', 'b.xml', '--local', '--host', 'a.example'], '--host is for one file, but there are 2.\n'],
      [
        ['rules/buckets.json', '--local', '--host', 'a.example'],
        'rules/buckets.json names the hosts of its settings: omit --host.\n',
      ],
    ]
    for (const [args, err] of calls)
      expect(await here.run(['publish', ...args])).toEqual({ code: 2, out: '', err })
  })
})

describe('rules publish --remote', { timeout: 120_000 }, () => {
  test("writes history before what goes live, through wrangler's own commands, and reads it back", async () => {
    const here = project({
      'rules/default.json': DEFAULT,
      'rules/buckets.json': '{"default":{"unmatched":"forward"}}',
    })
    const cloudflare = await FakeCloudflare.start()
    cloudflare.unseen.add('bucket:default')
    const { code, out, err } = await here.run(['publish', '--remote', '--yes'], { env: cloudflare.env })
    await cloudflare.stop()
    const { revision } = JSON.parse(cloudflare.values.get('cors:default')?.value ?? '')
    expect({ code, out, err }).toEqual({
      code: 0,
      out: `default  settings  written    new
default  rules     published  revision ${revision}  1 rule  new
Cloudflare's KV (top level of wrangler.toml): 2 published, 0 unchanged.
`,
      err: 'KV does not show bucket:default yet. It can take a minute. Publish again then: the result is "unchanged" if all is well.\n',
    })
    expect(cloudflare.calls).toEqual([
      'get cors:default,bucket:default,guardrail:default',
      'list history:default:',
      `put history:default:${revision}`,
      'put bucket:default,cors:default',
      'get bucket:default,cors:default',
    ])
    expect(cloudflare.values.get('cors:default')?.metadata).toMatchObject({ revision })
  })

  test('leaves live rules alone and gives the reason when KV refuses', async () => {
    const here = project({ 'rules/default.json': DEFAULT })
    const cloudflare = await FakeCloudflare.start()
    cloudflare.refuses = { code: 10_023, message: 'kv bulk put: authentication error' }
    const { code, out, err } = await here.run(['publish', '--remote', '--yes'], { env: cloudflare.env })
    await cloudflare.stop()
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toBe(
      "Cloudflare's KV could not be written; wrangler says: A request to the Cloudflare API " +
        '(/accounts/account/storage/kv/namespaces/00000000000000000000000000000000/bulk) failed. ' +
        'kv bulk put: authentication error [code: 10023]. ' +
        'Check `npm exec wrangler whoami`, the network, and the id of RULES in wrangler.toml. ' +
        'Nothing that is live was changed.\n',
    )
    expect(cloudflare.values.size).toBe(0)
    expect(cloudflare.calls.map(call => call.split(':')[0])).toEqual([
      'get cors',
      'list history',
      'put history',
    ])
  })
})

/** Warnings of the sample are not what these tests are about. */
const withoutFindings = ({ code, out, err }: Run): Run => ({
  code,
  out: out.slice(out.lastIndexOf('\n\n') < 0 ? 0 : out.lastIndexOf('\n\n') + 2),
  err,
})
