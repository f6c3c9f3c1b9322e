import { readFileSync } from 'node:fs'
import { join } from 'node:path'
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

describe('a guardrail of the rules folder', () => {
  const file = 'rules/shop.example.com.json'
  const refusal = 'refused (origin)'
  const start = (origin = 'https://app.example.com') => {
    project.write('rules/guardrails/shop.example.com.json', rules('https://*.example.com', ['GET', 'PUT']))
    project.write(file, rules(origin, ['GET']))
  }
  const text = () => readFileSync(join(project.folder, file), 'utf8')

  test('makes an error of a wider rule in check, and names the rules that are as wide as it allows', async () => {
    start('https://*.example.com')
    expect((await run('check', file)).out).toContain(
      '  Within the guardrail rules/guardrails/shop.example.com.json. As wide as it\n  allows: rule 1 (https://*.example.com).',
    )
    expect(JSON.parse((await run('check', file, '--json')).out).files[0].guardrail).toEqual({
      ...{ file: 'rules/guardrails/shop.example.com.json', holds: true },
      near: [{ rule: 1, origins: ['https://*.example.com'] }],
    })
    start('https://*')
    const { code, out } = await run('check', file, '--format', 'github')
    expect(code).toBe(1)
    expect(out).toContain(`::error file=${file},title=guardrail::CORSRule[1] = https://*`)
    project.write('rules/guardrails/shop.example.com.json', '[{}]')
    expect(await run('check', file)).toMatchObject({
      code: 1,
      out: expect.stringContaining('guardrail-unusable'),
    })
  })

  test('forbids the change that explain proposes, and explain --apply does not write it', async () => {
    start()
    const asked = ['explain', file, '--method', 'PUT', '--headers', '', '--apply', '--origin']
    const before = text()
    const outside = await run(...asked, 'https://stranger.example')
    expect(outside.code).toBe(1)
    expect(outside.out.replace(/\s+/g, ' ')).toContain(
      "The guardrail forbids this change: it can't be published.",
    )
    expect(outside.out).toContain(refusal)
    expect(text()).toBe(before)
    const inside = await run(...asked, 'https://app.example.com')
    expect([inside.code, inside.out]).toEqual([0, expect.not.stringContaining('forbids')])
    expect(text()).toContain('PUT')
  })

  test('is never exceeded by suggest --apply, whatever is accepted', async () => {
    start()
    const line = (origin: string) =>
      JSON.stringify({
        ...{ event: 'preflight', outcome: 'refused', host: 'shop.example.com', origin, method: 'GET' },
        ...{ check: 'origin', revision: '0123456789ab', source: 'memory', ms: 0, weight: 1 },
      })
    project.write('edge.log', ['https://b.example.com', 'https://stranger.example'].map(line).join('\n'))
    const suggest = (...args: string[]) =>
      run('suggest', file, '--log', 'edge.log', '--apply', '--accept-warnings', ...args)
    const { code, out } = await suggest()
    expect([code, out]).toEqual([1, expect.stringContaining('Forbidden by the guardrail: 2.')])
    expect(text()).toContain('https://b.example.com')
    expect(text()).not.toContain('stranger')
    const { groups } = JSON.parse((await suggest('--json')).out)
    expect(groups.find(({ number }: { number: number }) => number === 2)).toMatchObject({
      applied: false,
      guardrail: expect.stringContaining(refusal),
    })
  })
})
