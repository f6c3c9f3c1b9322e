/**
 * The examples of README.md and docs/rules.md, run in the order of the documents: what is shown is what is printed. The
 * examples that need a server are those of `pull`, `verify` and `status`, whose own tests compare their outputs.
 */

import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { MemoryKv, useKv } from './memory-kv.ts'
import { Project } from './rules.ts'

const HOST = 'files.example.com'
const FILE = `rules/${HOST}.xml`
const document = readFileSync('docs/rules.md', 'utf8')
const readme = readFileSync('README.md', 'utf8')
const block = (type: string): string =>
  new RegExp(`\`\`\`${type}\\n([\\s\\S]*?)\`\`\``).exec(document)?.[1] ?? ''
const original = block('xml')
/** "In this example the file lost POST, `x-cos-meta-*` became `x-cos-*`, and 3600 s became 60 s". */
const edited = original
  .replace('    <AllowedMethod>POST</AllowedMethod>\n', '')
  .replace('x-cos-meta-*', 'x-cos-*')
  .replace('3600', '60')

/** Refusals as `wrangler tail` prints them: so many, of this request, evenly from one time to another. */
function refusals(
  count: number,
  from: string,
  to: string,
  request: Readonly<Record<string, string>>,
): string {
  const [start, end] = [Date.parse(from), Date.parse(to)]
  const refused = { event: 'preflight', outcome: 'refused', host: HOST, source: 'memory', ms: 0, weight: 1 }
  const lines = Array.from({ length: count }, (_, at) => {
    const timestamp = start + ((end - start) * at) / (count - 1)
    const message = JSON.stringify({ ...refused, revision: '3c02a38158d8', ...request })
    return `${JSON.stringify({ logs: [{ message: [message], level: 'info', timestamp }] })}\n`
  })
  return lines.join('')
}
const app = 'https://app.example.com'
const LOG =
  refusals(31, '2026-11-22T09:40:23Z', '2026-11-22T09:51:53Z', {
    ...{
      origin: app,
      method: 'PUT',
      headers: 'content-type,x-cos-acl',
      check: 'header',
      header: 'x-cos-acl',
    },
  }) +
  refusals(12, '2026-11-22T09:52:16Z', '2026-11-22T09:56:29Z', {
    ...{ origin: 'https://new.example.com', method: 'PUT', headers: 'content-type', check: 'method' },
  }) +
  refusals(3, '2026-11-22T09:56:52Z', '2026-11-22T09:57:38Z', {
    ...{ origin: app, method: 'DELETE', headers: 'authorization', check: 'method' },
  })

const GCS = [
  { origin: ['https://photos.example.com'], method: ['GET'], responseHeader: ['ETag'], maxAgeSeconds: 60 },
]

interface Example {
  readonly args: readonly string[]
  readonly shown: readonly string[]
}

/** The commands of a document's code blocks, each with the lines below it. */
const examplesOf = (text: string): Example[] =>
  [...text.matchAll(/^```\n(\$ [\s\S]*?)^```/gm)].flatMap(([, code = '']) =>
    code
      .split(/^\$ /m)
      .slice(1)
      .flatMap(part => {
        const [command = '', ...shown] = part.trimEnd().split('\n')
        const [, words] = /^npm run (?:-s )?rules -- (.*?)(?: > \S+)?$/.exec(command) ?? []
        return words === undefined ? [] : [{ args: words.split(' '), shown }]
      }),
  )

const NEED_A_SERVER = new Set(['pull', 'verify', 'status'])
const examples = examplesOf(document).filter(({ args }) => !NEED_A_SERVER.has(args[0] ?? ''))

/** Times differ from run to run. */
const timeless = (line: string): string => line.trimEnd().replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')

/** Returns the lines of an output that a document shows; `…` alone on a line stands for lines that are left out. */
function visible(output: string, shown: readonly string[]): string[] {
  const lines = output.trimEnd().split('\n')
  const at = shown.findIndex(line => line.trim() === '…')
  if (at < 0) return lines
  const rest = shown.slice(at + 1)
  return [...lines.slice(0, at), shown[at] ?? '', ...visible(lines.slice(-rest.length).join('\n'), rest)]
}

describe('an example of docs/rules.md', () => {
  const kv = new MemoryKv()
  useKv(kv)
  const project = new Project({ [FILE]: original, 'tail.log': LOG, 'gcs-cors.json': JSON.stringify(GCS) })
  afterAll(() => project.remove())

  test('is there for each command', () => {
    expect(examples.length).toBeGreaterThan(12)
  })

  test.each(examples.map(example => [example.args.join(' '), example] as const))(
    '%s',
    async (_name, { args, shown }) => {
      const [command] = args
      if (command === 'test') {
        // The example before has applied a change.
        project.write(FILE, original)
        project.write(`rules/${HOST}.cases.json`, block('json'))
      }
      if (command === 'diff') {
        project.removeFolder(`rules/${HOST}.cases.json`)
        project.write(FILE, original)
        await project.run(['publish', '--local'])
        project.write(FILE, edited)
      }
      const { out, err } = await project.run(args)
      if (command === 'show') expect(JSON.parse(out)).toHaveProperty('CORSRules')
      else expect(visible(err + out, shown).map(timeless)).toEqual(shown.map(timeless))
    },
  )
})

test('the example of README.md: explain', async () => {
  const project = new Project({ 'rules/localhost.xml': readFileSync('rules/localhost.xml') })
  const [example] = examplesOf(readme)
  const { out } = await project.run(example?.args ?? [])
  expect(visible(out, example?.shown ?? [])).toEqual(example?.shown)
  project.remove()
})
