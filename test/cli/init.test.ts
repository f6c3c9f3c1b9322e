import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { packageSpec } from '../../src/cli/init/package-source.ts'
import { Project } from './rules.ts'

const HOST = 'files.acme.test'
const BUCKET = 'https://bucket.acme.test'
/** As after `npm install <tarball>`: the package is a dependency already. */
const INSTALLED = JSON.stringify({
  name: 'my-edge',
  dependencies: { 'edge-preflight': 'file:edge-preflight.tgz' },
})

describe('init', { timeout: 60_000 }, () => {
  let project: Project
  beforeEach(() => {
    project = new Project({ 'package.json': INSTALLED, 'node_modules/edge-preflight/dist/index.js': '' })
    project.removeFolder('wrangler.toml')
  })
  afterEach(() => project.remove())

  const read = (file: string) => readFileSync(join(project.folder, file), 'utf8')
  const problems = async (...args: string[]) => {
    const { out } = await project.run(['doctor', '--json', ...args])
    const { checks } = JSON.parse(out) as { checks: { code: string; status: string; text: string }[] }
    return checks.filter(({ status }) => status !== 'ok')
  }

  test.each<[string, string[], string, string]>([
    ['a custom domain', [], `{ pattern = "${HOST}", custom_domain = true }`, `ORIGIN = "${BUCKET}"`],
    ['a zone route', ['--route'], `{ pattern = "${HOST}/*", zone_name = "acme.test" }`, 'ORIGIN = "route"'],
    [
      'a path of the page',
      ['--mount', '/files'],
      `{ pattern = "${HOST}/files/*", zone_name = "acme.test" }`,
      'MOUNT = "/files"',
    ],
  ])(
    'makes a project with %s, in which doctor finds nothing but the starter',
    async (_, options, route, variable) => {
      const { code, out, err } = await project.run([
        'init',
        '--host',
        HOST,
        '--bucket',
        BUCKET,
        '--staging',
        ...options,
      ])
      expect({ code, err }).toEqual({ code: 0, err: '' })
      expect(out).toContain('npm run rules -- publish --local && npm run dev')
      expect(read('wrangler.toml')).toContain(`routes = [${route}]`)
      expect(read('wrangler.toml').split(variable)).toHaveLength(3)
      // The bucket's rules are not known without a key: the starter is left to complete.
      const starter = [expect.objectContaining({ code: 'placeholder', status: 'warning' })]
      expect(await problems()).toEqual(starter)
      expect(await problems('--env', 'staging')).toEqual(starter)
      expect(await project.run(['check'])).toMatchObject({ code: 0 })
    },
  )

  test('writes names under .invalid for what is unknown, and doctor reports each', async () => {
    expect(await project.run(['init'])).toMatchObject({ code: 0 })
    expect((await problems()).map(({ code, text }) => `${code} ${/"(.*)"/.exec(text)?.[1]}`)).toEqual([
      'placeholder https://bucket.invalid',
      'placeholder files.invalid',
      'placeholder https://app.invalid',
    ])
  })

  test('asks on a terminal for what the options do not say', async () => {
    const { code } = await project.run(['init', '--dialect', 's3'], { answers: [HOST, BUCKET] })
    expect(code).toBe(0)
    expect(read('wrangler.toml')).toContain(`ORIGIN = "${BUCKET}"\nDIALECT = "s3"`)
    expect(existsSync(join(project.folder, `rules/${HOST}.xml`))).toBe(true)
  })

  test('keeps an existing package.json and .gitignore, and replaces no other file without --force', async () => {
    project.write('.gitignore', 'mine\n')
    expect(await project.run(['init', '--host', HOST, '--bucket', BUCKET, '--code'])).toMatchObject({
      code: 0,
    })
    expect(JSON.parse(read('package.json'))).toMatchObject({
      name: 'my-edge',
      dependencies: { 'edge-preflight': 'file:edge-preflight.tgz' },
      scripts: { rules: 'edge-preflight', deploy: 'edge-preflight deploy' },
      devDependencies: { wrangler: expect.any(String), node: expect.any(String) },
    })
    expect(read('.gitignore')).toBe('mine\n')
    expect(read('src/index.ts')).toContain("export { default } from 'edge-preflight'")
    project.write('wrangler.toml', 'mine')
    const again = await project.run(['init', '--host', HOST, '--bucket', BUCKET])
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining('Nothing was written.') })
    expect(read('wrangler.toml')).toBe('mine')
  })

  test.each<[string[], string]>([
    [['--host', 'https://files.acme.test'], 'is not a host name'],
    [['--host', HOST, '--bucket', 'bucket'], '--bucket: "bucket" is not a valid server URL'],
    [['--host', HOST, '--bucket', BUCKET, '--mount', 'files'], '--mount: "files" is not valid'],
    [['--host', HOST, '--route', '--mount', '/files'], '--route and --mount exclude each other'],
  ])('rejects %j, and writes nothing', async (options, sentence) => {
    const { code, err } = await project.run(['init', ...options])
    expect([code, existsSync(join(project.folder, 'wrangler.toml'))]).toEqual([2, false])
    expect(err).toContain(sentence)
  })
})

describe('packageSpec()', { timeout: 60_000 }, () => {
  test('packs the package if it runs from its repository', async () => {
    const repository = new Project({
      'package.json': JSON.stringify({ name: 'edge-preflight', version: '1.2.3' }),
      'src/cli/main.ts': '',
    })
    const made = join(repository.folder, 'made')
    const spec = await packageSpec({ folder: repository.folder, version: '1.2.3', tools: {} }, made)
    expect(spec).toBe('file:vendor/edge-preflight-1.2.3.tgz')
    expect(existsSync(join(made, 'vendor/edge-preflight-1.2.3.tgz'))).toBe(true)
    repository.remove()
  })

  test('names the version if npm installed the package from a registry, and copies a tarball otherwise', async () => {
    const from = (resolved: string) =>
      JSON.stringify({ packages: { 'node_modules/edge-preflight': { version: '1.2.3', resolved } } })
    const home = new Project({
      'node_modules/.package-lock.json': from('https://registry.example/edge-preflight-1.2.3.tgz'),
      'downloads/edge.tgz': 'a tarball',
    })
    const own = { folder: join(home.folder, 'node_modules/edge-preflight'), version: '1.2.3', tools: {} }
    const made = join(home.folder, 'made')
    expect(await packageSpec(own, made)).toBe('1.2.3')
    home.write('node_modules/.package-lock.json', from('file:downloads/edge.tgz'))
    expect(await packageSpec(own, made)).toBe('file:vendor/edge.tgz')
    expect(readFileSync(join(made, 'vendor/edge.tgz'), 'utf8')).toBe('a tarball')
    home.removeFolder('downloads')
    await expect(packageSpec(own, made)).rejects.toThrow(
      'does not exist any more. Install the package again.',
    )
    home.remove()
  })
})
