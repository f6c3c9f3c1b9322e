/**
 * `npm start`, also beside settings of a real bucket (threat 43): in `.dev.vars`, in the environment, in KV. It runs in a
 * copy of the repository, because `.dev.vars` lies beside wrangler.toml.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import COS from 'cos-nodejs-sdk-v5'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readDemoKey } from '../../demo/settings.ts'
import { freePort } from '../../tools/free-port.ts'
import { RecordingBucket } from '../worker/harness.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const COPIED = [
  'demo',
  'playground',
  'rules',
  'scripts',
  'src',
  'package.json',
  'tsconfig.json',
  'wrangler.toml',
]
const SLOW = 120_000

let folder: string
let real: RecordingBucket
let running: ChildProcess | undefined

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'edge-preflight-start-'))
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir')
  // Accepts whatever is written to it.
  real = await RecordingBucket.start()
})
afterEach(async () => {
  if (running?.exitCode === null) {
    running.kill('SIGTERM')
    await once(running, 'close')
  }
  await real.stop()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** Runs `npm start` until it prints its introduction or ends, and returns what it printed. */
async function start(variables: Record<string, string> = {}): Promise<{ printed: string; port: number }> {
  const port = await freePort()
  const ports = { PORT: String(port), PAGE_PORT: String(await freePort()), STATE_DIR: join(folder, 'state') }
  const child = spawn(process.execPath, ['demo/start.ts'], {
    cwd: folder,
    env: { ...process.env, ...variables, ...ports },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running = child
  let printed = ''
  await new Promise<void>(resolve => {
    const read = (chunk: Buffer) => {
      printed += chunk.toString()
      if (printed.includes('Ctrl-C')) resolve()
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.on('close', () => resolve())
  })
  return { printed, port }
}

describe('npm start', () => {
  test('wrote to the bucket of .dev.vars or of the environment: it ignores both, and says so', {
    timeout: SLOW,
  }, async () => {
    const settings = `ORIGIN="${real.origin}"\nSIGNING="none"\n`
    for (const file of ['.dev.vars', '.dev.vars.local', '.env', 'demo/.dev.vars'])
      writeFileSync(join(folder, file), settings)
    const { printed, port } = await start({
      ORIGIN: real.origin,
      CLOUDFLARE_ENV: 'none',
      CLOUDFLARE_INCLUDE_PROCESS_ENV: 'true',
    })
    expect(printed).toContain('Ignoring .dev.vars, .dev.vars.local, .env, demo/.dev.vars: npm start takes')
    expect(await (await fetch(`http://localhost:${port}/hello.txt`)).text()).toContain('from the bucket')
    expect(real.received).toEqual([])
  })

  test('its edge publishes what the demo key puts to /?cors, and what it deletes', {
    timeout: SLOW,
  }, async () => {
    const { port } = await start()
    const { secretId: SecretId, secretKey: SecretKey } = await readDemoKey(ROOT)
    const place = { Bucket: 'demo-1250000000', Region: 'local' }
    const cos = new COS({
      ...{ SecretId, SecretKey, Domain: `localhost:${port}`, Protocol: 'http:' },
      ...{ AutoSwitchHost: false, KeepAlive: false },
    })
    const allowed = async () => {
      const headers = { origin: 'https://new.example', 'access-control-request-method': 'GET' }
      return (await fetch(`http://localhost:${port}/hello.txt`, { method: 'OPTIONS', headers })).status
    }
    expect(await allowed()).toBe(403)
    const rule = { AllowedOrigin: ['https://new.example'], AllowedMethod: ['GET'] }
    const put = { ...place, CORSRules: [{ ...rule, AllowedHeader: [], ExposeHeader: [] }] }
    expect(await cos.putBucketCors(put as never)).toMatchObject({ statusCode: 200 })
    expect(await allowed()).toBe(200)
    expect(await cos.getBucketCors(place)).toMatchObject({
      CORSRules: [{ AllowedOrigins: ['https://new.example'], AllowedMethods: ['GET'] }],
    })
    expect(await cos.deleteBucketCors(place)).toMatchObject({ statusCode: 204 })
    expect(await allowed()).toBe(403)
    await expect(cos.getObject({ ...place, Key: 'hello.txt' })).resolves.toMatchObject({ statusCode: 200 })
  })

  test('wrote to the bucket of the host’s settings in KV: it ends with an error, and nothing is written', {
    timeout: SLOW,
  }, async () => {
    writeFileSync(join(folder, 'rules/buckets.json'), JSON.stringify({ localhost: { origin: real.origin } }))
    const { printed } = await start()
    expect(running?.exitCode).toBe(1)
    expect(printed).toContain('is not the demo bucket, so nothing was written to it')
    expect(new Set(real.received.map(({ method }) => method))).toEqual(new Set(['HEAD']))
  })
})
