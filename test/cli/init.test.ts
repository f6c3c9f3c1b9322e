import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
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
