import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import COS from 'cos-nodejs-sdk-v5'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Child } from '../../demo/children.ts'
import { freePort } from '../../tools/free-port.ts'
import { type DemoBucket, KEY, startDemoBucket } from '../cli/demo-bucket.ts'
import { install, pack, type Result, run } from './installed.ts'

const HOST = 'files.acme.test'
const PAGE = 'https://app.acme.test'
const RULES = `<CORSConfiguration><CORSRule><AllowedOrigin>${PAGE}</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>
<AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>
<MaxAgeSeconds>321</MaxAgeSeconds></CORSRule></CORSConfiguration>`
/** Wrangler stays away from the network and from the home folder. */
const QUIET = {
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
}
/** The machine's own Node, which may be older than the tests'. */
const SYSTEM_NODE = (process.env.PATH ?? '')
  .split(':')
  .filter(folder => !folder.includes('node_modules'))
  .map(folder => join(folder, 'node'))
  .find(existsSync)

const folder = mkdtempSync(join(tmpdir(), 'package-'))
const home = join(folder, 'home')
const project = join(home, 'edge')
let bucket: DemoBucket
let tarball = ''

beforeAll(async () => {
  mkdirSync(home)
  ;[bucket, tarball] = await Promise.all([startDemoBucket(), pack(folder)])
  await bucket.putCors(RULES)
  const dependencies = { 'edge-preflight': `file:../${basename(tarball)}` }
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name: 'home', version: '1.0.0', dependencies }))
  await install(home, tarball)
}, 240_000)

afterAll(async () => {
  await bucket?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs the installed command with the machine's own Node. */
const command = (
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Result> =>
  run(SYSTEM_NODE ?? process.execPath, [join(home, 'node_modules/.bin/edge-preflight'), ...args], cwd, env)

describe('the installed package', { timeout: 400_000 }, () => {
  test('has no test, no source of the demo and no source of TypeScript', () => {
    const installed = join(home, 'node_modules/edge-preflight')
    const files = readdirSync(installed, { recursive: true }).map(String)
    expect(files.filter(file => /(?:^|\/)(?:test|demo|src|bench)\/|\.map$|(?<!\.d)\.ts$/.test(file))).toEqual(
      [],
    )
    expect(files).toEqual(
      expect.arrayContaining(['dist/index.js', 'dist/cli.js', 'dist/cors.js', 'dist/hono.js']),
    )
    expect(readFileSync(join(installed, 'dist/index.js'))).toEqual(readFileSync('dist/index.js'))
  })

  test('runs without wrangler, and says what a command that needs it lacks', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect(await command(home, ['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' })
    expect(await command(home, ['doctor'])).toEqual({
      code: 2,
      out: '',
      err: 'wrangler is not installed here. Run `npm install` in the project folder.\n',
    })
  })

  test('makes a project that serves the rules of the bucket with no file edited', async () => {
    const made = await command(home, ['init', 'edge', '--host', HOST, '--bucket', bucket.origin], {
      SECRET_ID: KEY.SecretId,
      SECRET_KEY: KEY.SecretKey,
    })
    expect(made).toMatchObject({ code: 0, err: '' })
    expect(made.out).toContain(`rules/${HOST}.xml has the rules of the bucket.`)
    expect(await command(home, ['init', 'edge', '--host', HOST])).toMatchObject({
      code: 2,
      err: expect.stringContaining('Nothing was written.'),
    })
    await install(project, tarball)

    const published = await run(
      'npm',
      ['run', '--silent', 'rules', '--', 'publish', '--local'],
      project,
      QUIET,
    )
    expect(published).toMatchObject({ code: 0, out: expect.stringContaining('1 published, 0 unchanged.') })
    const port = await freePort()
    const dev = startDev(port)
    try {
      const edge = `http://127.0.0.1:${port}`
      const preflight = (origin: string) =>
        fetch(`${edge}/a.txt`, {
          method: 'OPTIONS',
          headers: {
            origin,
            'access-control-request-method': 'PUT',
            'access-control-request-headers': 'x-a',
          },
        })
      const started = async () => expect((await preflight(PAGE)).status).toBe(200)
      await vi.waitFor(started, { timeout: 150_000, interval: 200 })
      const allowed = await preflight(PAGE)
      expect(allowed.headers.get('access-control-allow-origin')).toBe(PAGE)
      expect(allowed.headers.get('access-control-max-age')).toBe('321')
      expect((await preflight('https://evil.test')).status).toBe(403)

      // Signed for any host: the bucket is asked by its own name. Not the SDK, which reads no `br`, as which Miniflare's
      // entry sends the bucket's empty answer.
      const authorization = COS.getAuthorization({ ...KEY, Method: 'put', Key: 'a.txt' })
      const upload = { method: 'PUT', headers: { authorization }, body: 'uploaded' }
      expect((await fetch(`${edge}/a.txt`, upload)).status).toBe(200)
      const read = await fetch(`${edge}/a.txt`, { headers: { origin: PAGE } })
      expect([await read.text(), read.headers.get('access-control-allow-origin')]).toEqual(['uploaded', PAGE])
    } finally {
      await dev.stop()
    }
  })

  test('uploads the file that is measured, and nothing while the configuration has an error', async () => {
    const deploy = (...args: string[]) =>
      run('npm', ['run', '--silent', 'deploy', '--', ...args], project, QUIET)
    const refused = await deploy('--dry-run', '--outdir', 'out')
    expect([refused.code, existsSync(join(project, 'out'))]).toEqual([1, false])
    expect(refused.err).toMatch(/origin-loopback .*\n1 error, 0 warnings\. Nothing was uploaded\.\n$/)
    const config = join(project, 'wrangler.toml')
    writeFileSync(config, readFileSync(config, 'utf8').replace(bucket.origin, 'https://bucket.acme.test'))
    const healthy = await run('npm', ['run', '--silent', 'doctor', '--', '--json'], project, QUIET)
    const { checks, failed } = JSON.parse(healthy.out) as { checks: { status: string }[]; failed: boolean }
    expect([failed, checks.filter(({ status }) => status !== 'ok')]).toEqual([false, []])
    expect(await deploy('--dry-run', '--outdir', 'out')).toMatchObject({ code: 0 })
    expect(readFileSync(join(project, 'out/index.js'))).toEqual(readFileSync('dist/index.js'))
    expect(readdirSync(join(project, 'out')).sort()).toEqual(['README.md', 'index.js'])
  })
})

/** `wrangler dev`, in a process group of its own: what it starts ends with it. */
function startDev(port: number): Child {
  const wrangler = join(project, 'node_modules/wrangler/bin/wrangler.js')
  return new Child([wrangler, 'dev', '--ip', '127.0.0.1', '--port', String(port)], {
    cwd: project,
    env: { ...process.env, ...QUIET, WRANGLER_REGISTRY_PATH: join(folder, 'registry') },
  })
}
