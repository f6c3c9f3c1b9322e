/**
 * @module
 * Bare workerd with the built Worker and the Workers it is compared with, each on a port of its own. wrangler and
 * miniflare would measure themselves.
 */

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../tools/free-port.ts'

export interface Subject {
  readonly name: string
  /** The source of its one module. */
  readonly source: string
  readonly vars?: Record<string, string>
  /** Whether it gets RULES: the Worker `kv`, which answers as KV does. */
  readonly kv?: boolean
}

export interface Workerd {
  readonly pid: number
  /** The URL of a subject by its name. */
  url(name: string): string
  stop(): Promise<void>
}

const COMPATIBILITY_DATE = '2026-10-20'

/** KV as workerd speaks to it: `POST /bulk/get` with the keys, answered with their values. */
const kvSource = (value: string): string => `
const VALUE = ${JSON.stringify(value)}
export default {
  async fetch(request) {
    const { keys } = await request.json()
    return Response.json(Object.fromEntries(keys.map(key => [key, key.startsWith('cors:') && key !== 'cors:default' ? VALUE : null])))
  },
}`

/**
 * Starts workerd with all subjects and waits until each that is awaited answers.
 *
 * @param rules what KV holds for every host, where none of the subjects is called `kv`
 * @param v8Flags for every isolate
 */
export async function startWorkerd(
  subjects: readonly Subject[],
  rules: string,
  awaited: readonly string[] = subjects.map(({ name }) => name),
  v8Flags: readonly string[] = [],
): Promise<Workerd> {
  const folder = mkdtempSync(join(tmpdir(), 'edge-preflight-bench-'))
  const hasKv = subjects.some(({ name }) => name === 'kv')
  const all: Subject[] = hasKv ? [...subjects] : [...subjects, { name: 'kv', source: kvSource(rules) }]
  const ports = new Map<string, number>()
  const quote = (text: string) => JSON.stringify(text)
  const services: string[] = []
  const sockets: string[] = []
  for (const { name, source, vars = {}, kv } of all) {
    writeFileSync(join(folder, `${name}.js`), source)
    const bindings = Object.entries(vars).map(
      ([key, text]) => `(name = ${quote(key)}, text = ${quote(text)})`,
    )
    if (kv) bindings.push('(name = "RULES", kvNamespace = "kv")')
    services.push(
      `(name = ${quote(name)}, worker = (modules = [(name = "main", esModule = embed ${quote(`${name}.js`)})], ` +
        `compatibilityDate = ${quote(COMPATIBILITY_DATE)}, bindings = [${bindings.join(', ')}], globalOutbound = "out"))`,
    )
    const port = await freePort()
    ports.set(name, port)
    sockets.push(
      `(name = ${quote(name)}, address = "127.0.0.1:${port}", http = (), service = ${quote(name)})`,
    )
  }
  services.push('(name = "out", network = (allow = ["private", "local"]))')
  writeFileSync(
    join(folder, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";\nconst config :Workerd.Config = (\n  services = [${services.join(',\n    ')}],\n  sockets = [${sockets.join(',\n    ')}],\n  v8Flags = [${v8Flags.map(quote).join(', ')}]\n);\n`,
  )
  const child = spawn('workerd', ['serve', join(folder, 'config.capnp')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const url = (name: string) => `http://127.0.0.1:${ports.get(name)}`
  const stop = async () => {
    const ended = new Promise(resolve => child.once('exit', resolve))
    if (child.exitCode === null && child.kill()) await ended
    rmSync(folder, { recursive: true, force: true })
  }
  for (const name of awaited) {
    let answered = false
    for (let tries = 0; tries < 100 && !answered; tries++) {
      try {
        await fetch(url(name))
        answered = true
      } catch {
        await new Promise(resolve => setTimeout(resolve, 50))
      }
    }
    if (!answered) {
      await stop()
      throw new Error(`workerd does not answer for ${name}: ${errors}`)
    }
  }
  return { pid: child.pid ?? 0, url, stop }
}

/** Resident memory of a process, in bytes. */
export const residentBytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024

/** Fields of `/proc/PID/stat` after the name (proc_pid_stat(5)), from the third on. */
const stat = (pid: number): string[] =>
  (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] ?? '').split(' ')

/** What a process has computed so far, in microseconds; the kernel counts in hundredths of a second. */
export function cpuMicros(pid: number): number {
  const [user, system] = stat(pid).slice(11, 13)
  return (Number(user) + Number(system)) * 10_000
}

/** How many pages of memory a process has touched for the first time. */
export const pagesTouched = (pid: number): number => Number(stat(pid)[7])
