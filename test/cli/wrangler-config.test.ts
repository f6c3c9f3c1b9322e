import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readDeployment } from '../../src/cli/kv/deployment.ts'
import { readWranglerConfig } from '../../src/cli/kv/wrangler-config.ts'
import { Project } from './rules.ts'

const TOML = `name = "edge"
main = "index.js"
compatibility_date = "2026-10-20"
[[kv_namespaces]]
binding = "OTHER"
id = "other"
[[kv_namespaces]]
binding = "RULES" # no id
[vars]
ORIGIN = "https://bucket.acme.test"
DIALECT = "s3"
[env.staging]
name = "edge-staging"
[[env.staging.kv_namespaces]]
binding = "RULES"
id = "of-staging"
preview_id = "of-dev"
[[env.staging.services]]
binding = "BUCKET"
service = "bucket"
[env.bare]
`
const JSONC = `{
  // comments, and a comma too many
  "name": "edge", "main": "index.js", "compatibility_date": "2026-10-20",
  "kv_namespaces": [{ "binding": "RULES", "id": "of-json" },],
  "vars": { "ORIGIN": "https://json.acme.test" },
}`

let project: Project
const folder = process.cwd()
beforeAll(() => {
  project = new Project({ 'wrangler.toml': TOML, 'below/a.txt': '', 'index.js': 'export default {}' })
  process.chdir(project.folder)
})
afterAll(() => {
  process.chdir(folder)
  project.remove()
})

/** What a deployment depends on, of this project's reader and of wrangler's. */
async function both(env: string) {
  const { unstable_readConfig } = await import('wrangler')
  const { vars, kv_namespaces, services } = unstable_readConfig({ env }, { hideWarnings: true })
  return [
    readWranglerConfig().environment(env),
    { vars, kvNamespaces: kv_namespaces, services: services ?? [] },
  ]
}

describe('readWranglerConfig()', { timeout: 60_000 }, () => {
  test.each(['', 'staging', 'bare'])('reads environment "%s" as wrangler does', async env => {
    const [own, wranglers] = await both(env)
    expect(own).toEqual(wranglers)
  })

  test('reads a configuration above the working folder, and wrangler.jsonc before wrangler.toml', async () => {
    process.chdir('below')
    const [own, wranglers] = await both('')
    expect(own).toEqual(wranglers)
    project.write('wrangler.jsonc', JSONC)
    const [json, wranglersJson] = await both('')
    expect(json).toEqual(wranglersJson)
    expect(json).toMatchObject({ kvNamespaces: [{ id: 'of-json' }] })
    project.removeFolder('wrangler.jsonc')
    process.chdir('..')
  })

  test('names the place of a mistake', () => {
    project.write('broken/wrangler.toml', 'name = "edge"\n[vars\n')
    project.write('json/wrangler.json', '{"name": }')
    process.chdir('broken')
    expect(readWranglerConfig).toThrow(`${process.cwd()}/wrangler.toml:2:6: `)
    process.chdir('../json')
    expect(readWranglerConfig).toThrow(/wrangler\.json: .+ is not valid JSON\. Correct the file\./)
    process.chdir('..')
  })
})

describe('readDeployment()', () => {
  test.each([
    [{}, { env: '', namespace: 'RULES' }],
    [{ env: 'staging' }, { env: 'staging', namespace: 'of-dev' }],
  ])('opens with %j the namespace that wrangler dev opens', async (options, place) => {
    expect((await readDeployment({ local: true, ...options })).place).toMatchObject(place)
  })

  test.each([
    [
      'an environment that does not exist',
      'prod',
      'has no environment "prod". Its environments: staging, bare.',
    ],
    ['an environment without the namespace', 'bare', 'environment bare has no KV namespace bound as RULES'],
  ])('reports %s', async (_, env, sentence) => {
    await expect(readDeployment({ local: true, env })).rejects.toThrow(sentence)
  })

  test('reports a namespace that wrangler dev reads at Cloudflare', async () => {
    project.write('remote/wrangler.toml', TOML.replace('# no id', '\nremote = true'))
    process.chdir('remote')
    await expect(readDeployment({ local: true })).rejects.toThrow('Pass --remote, or remove remote = true.')
    process.chdir('..')
  })
})
