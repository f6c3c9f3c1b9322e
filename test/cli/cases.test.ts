import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { MemoryKv, useKv } from './memory-kv.ts'
import { Project } from './rules.ts'

const FILE = 'rules/files.example.com.json'
const rules = (origin: string) => JSON.stringify([{ AllowedOrigins: [origin], AllowedMethods: ['GET'] }])
const project = new Project({
  'rules/files.example.com.cases.json': JSON.stringify([
    { name: 'the app reads', origin: 'https://app.example.com', method: 'GET', expect: 'allowed' },
  ]),
})
const kv = new MemoryKv()
useKv(kv)
beforeEach(() => kv.entries.clear())
afterAll(() => project.remove())
const publish = (...args: string[]) => project.run(['publish', '--local', ...args])

describe('rules publish, with expectations beside the rules', () => {
  test('publishes what they allow', async () => {
    project.write(FILE, rules('https://app.example.com'))
    expect((await publish()).code).toBe(0)
    expect(kv.entries.size).toBe(2)
  })

  test('publishes nothing when one is not met, whatever the options', async () => {
    project.write(FILE, rules('https://other.example.com'))
    project.write('rules/default.json', rules('*'))
    for (const args of [[], ['--force', '--yes'], ['--dry-run']]) {
      const { code, out, err } = await publish(...args)
      expect([code, out]).toEqual([
        1,
        expect.stringContaining('files.example.com.cases.json[1]  failed  the app reads'),
      ])
      expect(err).toBe('Nothing was published: 1 case failed.\n')
    }
    const { out } = await publish('--json')
    expect(JSON.parse(out)).toMatchObject({
      ...{ failed: true, changes: [] },
      cases: [{ case: 1, name: 'the app reads', allowed: false }],
    })
    expect(kv.entries.size).toBe(0)
  })

  test('publishes nothing when they cannot be read', async () => {
    project.write('rules/default.cases.json', '[{"origin":"https://a.example"}]')
    project.write(FILE, rules('https://app.example.com'))
    const { code, err } = await publish()
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('default.cases.json has errors, so nothing was tested'),
    ])
    expect(kv.entries.size).toBe(0)
  })
})
