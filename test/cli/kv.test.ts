import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Kv } from '../../src/cli/kv/kv.ts'
import { LocalKv } from '../../src/cli/kv/local.ts'
import { SCRIPT, SECRET_HEADER } from '../../src/cli/kv/local-script.ts'
import { RemoteKv } from '../../src/cli/kv/remote.ts'
import { reasonIn } from '../../src/cli/kv/wrangler.ts'
import type { KvEntry } from '../../src/rules/store.ts'
import { FakeCloudflare } from './cloudflare.ts'
import { Project } from './rules.ts'

const project = new Project()
const configPath = join(project.folder, 'wrangler.toml')
const state = join(project.folder, 'state')
let cloudflare: FakeCloudflare

beforeAll(async () => {
  cloudflare = await FakeCloudflare.start()
  for (const [name, value] of Object.entries(cloudflare.env)) vi.stubEnv(name, value)
  vi.stubEnv('WRANGLER_LOG_PATH', join(project.folder, 'logs'))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await cloudflare.stop()
  project.remove()
})

const places: [name: string, open: () => Promise<Kv>][] = [
  ['LocalKv', () => LocalKv.open({ where: 'local', env: 'local', state, namespace: 'local-rules' })],
  ['RemoteKv', async () => new RemoteKv({ where: 'remote', env: '', configPath })],
]

describe.each(places)('%s', { timeout: 120_000 }, (_name, open) => {
  test('writes, reads, lists and deletes in bulk', async () => {
    const entries: KvEntry[] = [
      { key: 'history:a.example:1', value: 'Grüße\n"{}"', metadata: { revision: '1' } },
      { key: 'history:b.example:1', value: '{"rules":[]}' },
      { key: 'history:c.example:1', value: '' },
      // More than one operation of KV reads.
      ...Array.from({ length: 101 }, (_, i) => ({ key: `cors:host${i}.example`, value: String(i) })),
    ]
    const keys = entries.map(({ key }) => key)
    const kv = await open()
    try {
      await kv.put(entries)
      const deleted = ['history:c.example:1', 'cors:host7.example']
      await kv.delete(deleted)
      const expected = new Map<string, string | null>(entries.map(({ key, value }) => [key, value]))
      for (const key of [...deleted, 'cors:none']) expected.set(key, null)
      expect(await kv.get([...keys, 'cors:none'])).toEqual(expected)
      expect(await kv.list('history:')).toEqual([
        { key: 'history:a.example:1', metadata: { revision: '1' } },
        { key: 'history:b.example:1', metadata: {} },
      ])
    } finally {
      await kv.close()
    }
  })
})

test('the server of the local KV refuses a call without its secret', async () => {
  const { default: worker } = await import(`data:text/javascript,${encodeURIComponent(SCRIPT)}`)
  const call = (headers: Record<string, string>) =>
    worker.fetch(new Request('http://kv/', { method: 'POST', headers, body: '{"list":""}' }), {
      SECRET: 'secret',
      RULES: { list: async () => ({ keys: [], list_complete: true }) },
    })
  expect((await call({})).status).toBe(403)
  expect((await call({ [SECRET_HEADER]: 'other' })).status).toBe(403)
  expect(await (await call({ [SECRET_HEADER]: 'secret' })).json()).toEqual({ keys: [] })
})

describe('reasonIn', () => {
  test('gives the error alone, without colours, advice and log files', () => {
    const stderr =
      '\u001b[33m▲ [WARNING] A fetch request failed.\u001b[0m\n\n' +
      '\u001b[31m✘ [ERROR] A request failed.\u001b[0m\n\n  namespace not found [code: 10013]\n  \n' +
      '  If you think this is a bug, please open an issue\n\n🪵  Logs were written to "/x.log"\n'
    expect(reasonIn(stderr)).toBe('A request failed. namespace not found [code: 10013].')
    expect(reasonIn('✘ [ERROR] fetch failed\n')).toBe('fetch failed.')
    expect(reasonIn('')).toBe('nothing.')
  })
})
