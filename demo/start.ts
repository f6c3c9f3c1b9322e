/**
 * @module
 * `npm start`: the edge in front of the demo bucket, the rules in a local KV, and the demo page.
 *
 * Once it has told what to try, it prints the Worker's log lines, one JSON object each, and nothing else.
 *
 * PORT and PAGE_PORT are the ports of edge and page (8787, 8788); STATE_DIR is where KV and objects are kept.
 */

import { lookup } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child, stopAll } from './children.ts'
import { type PageServer, servePage } from './page-server.ts'
import { type DemoKey, seed } from './seed.ts'
import { readLogLine, readTraffic } from './traffic.ts'

const ROOT = new URL('../', import.meta.url)
/** How long the edge and the bucket may take to answer for the first time. In milliseconds. */
const START_MS = 60_000
const POLL_MS = 100

/** Something that the person who started this can put right; shown without a stack trace. */
class Trouble extends Error {}

const startedAt = performance.now()
const root = fileURLToPath(ROOT)
let stopping = false
/** What the Worker logs while the bucket is filled is of no request that anybody made. */
let isTold = false
let page: PageServer | undefined

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0))
// The reader of a pipe has left: thrown, this would leave behind what was started.
process.stdout.on('error', () => void stop(0))
try {
  await start()
} catch (error) {
  if (!stopping) {
    console.error(error instanceof Trouble ? error.message : error)
    await stop(1)
  }
}

async function start(): Promise<void> {
  const edgePort = readPort('PORT', 8787)
  const pagePort = readPort('PAGE_PORT', 8788)
  const stateDir = resolve(root, process.env.STATE_DIR || '.wrangler/state')
  const edge = `http://localhost:${edgePort}`
  const key = await readDemoKey()
  const addresses = await loopback()
  for (const address of addresses) await probe(edgePort, address, 'PORT')
  try {
    page = await servePage(ROOT, addresses, pagePort, { edge, key })
  } catch (error) {
    throw explainPort(error, pagePort, 'PAGE_PORT')
  }

  console.log('Publishing rules/ and starting the edge and the demo bucket …')
  const env = {
    // Two of these on one machine would otherwise find each other's bucket by its name.
    WRANGLER_REGISTRY_PATH: join(stateDir, 'registry'),
    WRANGLER_LOG_PATH: join(stateDir, 'logs'),
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    // The traffic is read from what it prints, whatever the caller's environment silences.
    WRANGLER_LOG: 'log',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    FORCE_COLOR: '0',
    NO_COLOR: '1',
  }
  await publish(stateDir, env)
  const wrangler = new Child(
    [
      join(root, 'node_modules/wrangler/bin/wrangler.js'),
      ...['dev', '--env', 'local', '-c', 'wrangler.toml', '-c', 'demo/wrangler.toml'],
      ...['--ip', '127.0.0.1', '--port', String(edgePort), '--persist-to', stateDir],
      '--show-interactive-dev-session=false',
    ],
    { cwd: root, env, onLine: show },
  )
  const failed = wrangler.ended.then(code => {
    if (!stopping)
      throw new Trouble(`${wrangler.output}\n\nwrangler dev ended with code ${code}; its output is above.`)
  })
  await Promise.race([failed, fill(edge, key)])
  tell(edge, `http://localhost:${pagePort}`)
  await failed
}

/** Puts `rules/` into the local KV with the project's own command line. */
async function publish(stateDir: string, env: Readonly<Record<string, string>>): Promise<void> {
  const args = [join(root, 'src/cli/main.ts'), 'publish', '--local', '--yes', '--persist-to', stateDir]
  const child = new Child(args, { cwd: root, env })
  const code = await child.ended
  if (code !== 0)
    throw new Trouble(`${child.output}\n\nThe rules in rules/ could not be published; why is above.`)
}

async function fill(edge: string, key: DemoKey): Promise<void> {
  await ready(edge)
  const corsXml = await readFile(new URL('rules/localhost.xml', ROOT), 'utf8')
  await seed(edge, key, corsXml).catch(error => {
    throw new Trouble(`The demo bucket could not be filled. ${error.message}`)
  })
}

/** Resolves when the edge reaches the bucket: until wrangler has connected the two, the edge answers 5xx. */
async function ready(edge: string): Promise<void> {
  const deadline = performance.now() + START_MS
  for (;;) {
    const response = await fetch(edge, { method: 'HEAD' }).catch(() => null)
    if (response && response.status < 500) return
    if (performance.now() > deadline) {
      throw new Trouble(
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
  if (logged !== null && isTold) console.log(logged)
}

function tell(edge: string, pageOrigin: string): void {
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

  the playground: why rules refuse a request, and what would allow it
    ${pageOrigin}/playground/

  other rules: edit rules/localhost.xml, then publish it; the edge follows within seconds
    npm run rules -- publish --local${process.env.STATE_DIR ? ` --persist-to '${resolve(root, process.env.STATE_DIR)}'` : ''}

Ctrl-C ends it. What follows is the edge's log: a line of each refusal.
`)
  isTold = true
}

async function stop(code: number): Promise<void> {
  if (stopping) return
  stopping = true
  page?.close()
  await stopAll()
  process.exit(code)
}

function readPort(name: string, fallback: number): number {
  const text = process.env[name] ?? String(fallback)
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Trouble(`${name} is "${text}", but a port is a number from 1 to 65535.`)
  }
  return port
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
    return new Trouble(
      `Port ${port} is taken by another program: end that, or set ${variable} to a free port.`,
    )
  }
  if (error.code === 'EACCES')
    return new Trouble(`Port ${port} may not be used: set ${variable} to another port.`)
  return error
}

/** The key pair stands in the demo bucket's own settings; nowhere else. */
async function readDemoKey(): Promise<DemoKey> {
  const settings = await readFile(new URL('demo/wrangler.toml', ROOT), 'utf8')
  const secretId = /^DEMO_SECRET_ID = "(.+)"$/m.exec(settings)?.[1]
  const secretKey = /^DEMO_SECRET_KEY = "(.+)"$/m.exec(settings)?.[1]
  if (!secretId || !secretKey)
    throw new Trouble('demo/wrangler.toml lacks DEMO_SECRET_ID or DEMO_SECRET_KEY.')
  return { secretId, secretKey }
}
