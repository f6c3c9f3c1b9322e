import { afterAll, describe, expect, test } from 'vitest'
import { MemoryKv, useKv } from './memory-kv.ts'
import { Project } from './rules.ts'

const rules = (origin: string, methods: string[]) =>
  JSON.stringify([{ AllowedOrigins: [origin], AllowedMethods: methods }])
const HOST = 'files.example.com'
const project = new Project({ [`rules/${HOST}.json`]: rules('https://app.example.com', ['GET']) })
const kv = new MemoryKv()
useKv(kv)
afterAll(() => project.remove())
const run = (...args: string[]) => project.run(args)
const publish = (...args: string[]) => run('publish', `rules/${HOST}.json`, '--local', ...args)
const live = () => kv.entries.get(`cors:${HOST}`)?.value

describe('a guardrail', () => {
  test('of the rules folder stops wider rules, with a request that shows it, and nothing overrides it', async () => {
    project.write('rules/guardrails/default.json', rules('https://*.example.com', ['GET']))
    expect((await publish()).code).toBe(0)
    const before = live()
    project.write(`rules/${HOST}.json`, rules('https://*example.com', ['GET']))
    const { code, err } = await publish('--yes')
    expect(code).toBe(1)
    expect(err).toContain(`Rule 1 of the rules for ${HOST} allows GET from \`https://*example.com\`.`)
    expect(err).toContain('e.g. GET from https://anyexample.com:')
    expect(err).toContain('Nothing was published: a guardrail forbids it.')
    const json = await publish('--json')
    expect([json.code, JSON.parse(json.out)]).toMatchObject([1, { failed: true, changes: [] }])
    expect((await publish('--dry-run')).code).toBe(1)
    expect(live()).toBe(before)
  })

  test('of KV holds too, also for a rollback, and an unreadable one stops everything', async () => {
    project.write(`rules/${HOST}.json`, rules('https://app.example.com', ['GET']))
    const revision = JSON.parse(live() ?? '{}').revision
    project.write(`rules/${HOST}.json`, rules('https://a.example.com', ['GET']))
    expect((await publish()).code).toBe(0)
    const put = (value: string) => kv.put([{ key: `guardrail:${HOST}`, value }])
    await put(rules('https://a.example.com', ['GET']))
    const rollback = await run('rollback', HOST, revision, '--local')
    expect(rollback.code).toBe(1)
    expect(rollback.err).toContain(`the guardrail guardrail:${HOST} in KV: refused (origin)`)
    await put(rules('https://*.example.com', ['GET']))
    expect((await publish()).out).toContain('1 published')
    expect(JSON.parse(live() ?? '{}')).toMatchObject({ guardrail: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect((await publish()).out).toContain('1 unchanged')
    await put('{"schema":99}')
    expect(await publish()).toMatchObject({ code: 2, err: expect.stringContaining('cannot be read') })
  })

  test('is never published as rules', async () => {
    const file = 'rules/guardrails/default.json'
    const { code, err } = await run('publish', file, '--local')
    expect(code).toBe(2)
    expect(err).toContain(
      `${file} is a guardrail, not rules. To put it into KV: npm exec -- wrangler kv key put guardrail:default --path '${file}' --binding RULES --remote`,
    )
  })
})
