/**
 * @module
 * `npm start`: the edge in front of the demo bucket, the rules in a local KV, and the demo page.
 *
 * After its first screen, it prints the Worker's log lines, one JSON object each, and nothing else.
 *
 * PORT and PAGE_PORT are the ports of edge and page (8787, 8788); STATE_DIR is the folder of KV and objects.
 */

import { lookup } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEMO_REGION } from './bucket/region.ts'
import { Child, stopAll } from './children.ts'
import { MOUNTED_HOST } from './mounted-page.ts'
import { type PageServer, servePage } from './page-server.ts'
import { type DemoKey, seed } from './seed.ts'
import { environment, ignoredFiles, makeEmptyEnvFile, readDemoKey, readPort, UserError } from './settings.ts'
import { readLogLine, readTraffic } from './traffic.ts'

const ROOT = new URL('../', import.meta.url)
/** How long the edge and the bucket may take to answer for the first time. In milliseconds. */
const START_MS = 60_000
const POLL_MS = 100

const startedAt = performance.now()
const root = fileURLToPath(ROOT)
let stopping = false
/** True once log lines are printed. All requests before that are this program's own. */
let isIntroduced = false
let page: PageServer | undefined

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0))
// The reader of a pipe is gone. An exception here would leave the started processes running.
process.stdout.on('error', () => void stop(0))
try {
  await start()
} catch (error) {
  if (!stopping) {
    console.error(error instanceof UserError ? error.message : error)
    await stop(1)
  }
}

async function start(): Promise<void> {
  const edgePort = readPort('PORT', 8787)
  const pagePort = readPort('PAGE_PORT', 8788)
  const stateDir = resolve(root, process.env.STATE_DIR || '.wrangler/state')
  const edge = `http://localhost:${edgePort}`
  const key = await readDemoKey(root)
  const addresses = await loopback()
  for (const address of addresses) await probe(edgePort, address, 'PORT')
  try {
    page = await servePage(ROOT, addresses, pagePort, { edge, key })
  } catch (error) {
    throw explainPort(error, pagePort, 'PAGE_PORT')
  }

  const ignored = ignoredFiles(root)
  if (ignored.length > 0)
    console.log(`Ignoring ${ignored.join(', ')}: npm start takes its settings from this repository alone.`)
  console.log('Publishing rules/ and starting the edge and the demo bucket …')
  const env = environment(stateDir)
  await publish(stateDir, env)
  const wrangler = new Child(
    [
      join(root, 'node_modules/wrangler/bin/wrangler.js'),
      ...['dev', '--env', 'local', '-c', 'wrangler.toml', '-c', 'demo/wrangler.toml'],
      ...['--ip', '127.0.0.1', '--port', String(edgePort), '--persist-to', stateDir],
      ...['--env-file', await makeEmptyEnvFile(stateDir), '--show-interactive-dev-session=false'],
    ],
    { cwd: root, env, onLine: show },
  )
  const failed = wrangler.ended.then(code => {
    if (!stopping)
      throw new UserError(`${wrangler.output}\n\nwrangler dev ended with code ${code}; its output is above.`)
  })
  await Promise.race([failed, fill(edge, key)])
  printIntroduction(edge, `http://localhost:${pagePort}`)
  await failed
}

/** Puts `rules/` into the local KV with the project's own command line. */
async function publish(stateDir: string, env: NodeJS.ProcessEnv): Promise<void> {
  const args = [join(root, 'src/cli/main.ts'), 'publish', '--local', '--yes', '--persist-to', stateDir]
  const child = new Child(args, { cwd: root, env })
  const code = await child.ended
  if (code !== 0)
    throw new UserError(`${child.output}\n\nThe rules in rules/ could not be published; why is above.`)
}

async function fill(edge: string, key: DemoKey): Promise<void> {
  const region = await ready(edge)
  if (region !== DEMO_REGION) {
    throw new UserError(
      `The bucket behind ${edge} is not the demo bucket, so nothing was written to it. KV in STATE_DIR has settings of its own for the host localhost (bucket:localhost or bucket:default). Delete them, or set STATE_DIR to another folder.`,
    )
  }
  const corsXml = await readFile(new URL('rules/localhost.xml', ROOT), 'utf8')
  await seed(edge, key, corsXml).catch(error => {
    throw new UserError(`The demo bucket could not be filled. ${error.message}`)
  })
}

/**
 * Waits until the edge reaches the bucket: until wrangler has connected the two, the edge answers 5xx.
 *
 * @returns the region that the bucket names; null if it is not the demo bucket
 */
async function ready(edge: string): Promise<string | null> {
  const deadline = performance.now() + START_MS
  for (;;) {
    const response = await fetch(edge, { method: 'HEAD' }).catch(() => null)
    if (response && response.status < 500) return response.headers.get('x-cos-bucket-region')
    if (performance.now() > deadline) {
      throw new UserError(
        `The edge did not answer within ${START_MS / 1000} s (last status: ${response?.status}).`,
      )
    }
    await new Promise(wake => setTimeout(wake, POLL_MS))
  }
}

function show(line: string): void {
  const traffic = readTraffic(line)
  if (traffic) page?.show(traffic)
  const logged = readLogLine(line)
  if (logged !== null && isIntroduced) console.log(logged)
}

function printIntroduction(edge: string, pageOrigin: string): void {
  const asked =
    "-H 'Access-Control-Request-Method: PUT' \\\n      -H 'Access-Control-Request-Headers: content-type'"
  console.log(`
The edge answers on ${edge}, in front of the demo bucket (ready in ${((performance.now() - startedAt) / 1000).toFixed(1)} s). Try:

  a preflight that rules/localhost.xml allows
    curl -i -X OPTIONS ${edge}/hello.txt -H 'Origin: ${pageOrigin}' ${asked}

  the same from a stranger: refused
    curl -i -X OPTIONS ${edge}/hello.txt -H 'Origin: http://evil.example' ${asked}

  an object of the bucket, with the headers that let the page read it
    curl -i ${edge}/hello.txt -H 'Origin: ${pageOrigin}'

  a page on another origin: upload, list, download, and watch each preflight
    ${pageOrigin}

  the same page above the bucket: it is at /files of the page's own origin, and needs no preflight
    http://${MOUNTED_HOST}:${new URL(pageOrigin).port}

  the playground: why rules refuse a request, and what would allow it
    ${pageOrigin}/playground/

  other rules: edit rules/localhost.xml, then publish it; the edge follows within seconds
    npm run rules -- publish --local${process.env.STATE_DIR ? ` --persist-to '${resolve(root, process.env.STATE_DIR)}'` : ''}

Ctrl-C ends it. What follows is the edge's log: a line of each refusal.
`)
  isIntroduced = true
}

async function stop(code: number): Promise<void> {
  if (stopping) return
  stopping = true
  page?.close()
  await stopAll()
  process.exit(code)
}

/** The loopback addresses that this machine calls localhost: a browser may try ::1 first. */
async function loopback(): Promise<string[]> {
  const found = await lookup('localhost', { all: true }).catch(() => [])
  return [
    ...new Set(['127.0.0.1', ...found.map(({ address }) => address).filter(address => address === '::1')]),
  ]
}

/** Throws when the port is taken, before anything is started. */
async function probe(port: number, address: string, variable: string): Promise<void> {
  const server = createServer()
  await new Promise<void>((done, fail) => {
    server.once('error', fail).listen(port, address, done)
  }).catch(error => {
    throw explainPort(error, port, variable)
  })
  await new Promise(done => server.close(done))
}

function explainPort(error: unknown, port: number, variable: string): unknown {
  if (!(error instanceof Error && 'code' in error)) return error
  if (error.code === 'EADDRINUSE') {
    return new UserError(
      `Port ${port} is taken by another program: end that, or set ${variable} to a free port.`,
    )
  }
  if (error.code === 'EACCES')
    return new UserError(`Port ${port} may not be used: set ${variable} to another port.`)
  return error
}
