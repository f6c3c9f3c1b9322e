/**
 * A KV that shows its writes late, as Cloudflare's does: threat 41 of test/conformance/README.md, through the command line.
 */

import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { KvEntry } from '../../src/rules/store.ts'
import { MemoryKv, useKv } from './memory-kv.ts'
import { Project } from './rules.ts'

/** Reads of live keys show what stood there when the lag began. */
class LaggingKv extends MemoryKv {
  #shown: Map<string, KvEntry> | null = null

  lag(): void {
    this.#shown = new Map(this.entries)
  }

  catchUp(): void {
    this.#shown = null
  }

  override async get(keys: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    const shown = this.#shown
    const values = await super.get(keys)
    if (shown === null) return values
    return new Map(
      [...values].map(([key, value]) => [
        key,
        key.startsWith('history:') ? value : (shown.get(key)?.value ?? null),
      ]),
    )
  }
}

const rulesOf = (method: string): string =>
  JSON.stringify([{ AllowedOrigins: ['https://app.example'], AllowedMethods: [method] }])
const kv = new LaggingKv()
const project = new Project()
const FILE = 'rules/a.example.json'
const publish = (method: string, ...options: string[]) => {
  project.write(FILE, rulesOf(method))
  return project.run(['publish', FILE, '--local', ...options])
}
const live = (): { configuration: { rules: { allowedMethods: string[] }[] }; revision: string } =>
  JSON.parse(kv.entries.get('cors:a.example')?.value ?? '')
const methodOf = () => live().configuration.rules[0]?.allowedMethods

describe('KV that lags', { timeout: 60_000 }, () => {
  useKv(kv)
  beforeEach(() => {
    kv.catchUp()
    kv.entries.clear()
  })
  afterAll(() => project.remove())

  test('made publish print "unchanged": a publication after another one is written, and so is a rollback', async () => {
    await publish('GET')
    kv.lag()
    await publish('PUT')
    expect(methodOf()).toEqual(['PUT'])
    const again = await publish('GET')
    expect(again.out).toContain('1 published, 0 unchanged')
    expect(again.err).toMatch(
      /^a\.example: revision [0-9a-f]{12} was written at .*, but KV shows [0-9a-f]{12}\./,
    )
    expect(methodOf()).toEqual(['GET'])

    await publish('PUT')
    expect((await project.run(['rollback', 'a.example', '--local'])).code).toBe(0)
    expect(methodOf()).toEqual(['GET'])

    kv.catchUp()
    expect((await publish('GET')).out).toContain('0 published, 1 unchanged')
    expect((await publish('GET', '--force')).out).toContain('same rules, written again')
  })

  test('hid the publication of somebody else: --expect goes by what was written last', async () => {
    expect((await publish('GET', '--expect', 'none')).code).toBe(0)
    const first = live().revision
    kv.lag()
    expect((await publish('PUT', '--expect', first.slice(0, 6))).code).toBe(0)
    const second = live().revision
    const refused = await publish('POST', '--expect', first)
    expect(refused.code).toBe(1)
    expect(refused.err).toContain(`a.example has revision ${second}, not ${first}. Nothing was published.`)
    expect(live().revision).toBe(second)
    expect((await publish('POST', '--expect', 'first')).err).toContain('Accepted: a revision')
    expect((await project.run(['publish', '--expect', first, '--local', FILE, FILE])).code).not.toBe(0)
  })

  test('shows half of a publication: the next one says so, and writes both halves', async () => {
    project.write('rules/buckets.json', '{"a.example":{"dialect":"s3"}}')
    await publish('GET')
    expect((await project.run(['publish', 'rules/buckets.json', '--local'])).out).toContain(
      'same rules, for other settings',
    )
    // A publication of both that ended after the settings.
    const entry = kv.entries.get('bucket:a.example')
    if (entry === undefined) throw new Error('no settings were published')
    kv.entries.set('bucket:a.example', { ...entry, value: '{"dialect":"cos"}' })
    const { err, out } = await project.run(['publish', '--local'])
    expect(err).toContain(
      'a.example: the live rules were published with other settings (bucket:a.example) than KV shows.',
    )
    expect(out).toContain('replaces other settings')
    expect(kv.entries.get('bucket:a.example')?.value).toContain('s3')
  })
})
