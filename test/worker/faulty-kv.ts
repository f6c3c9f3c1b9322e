/**
 * @module
 * The edge with a KV that fails on command, isolates that can be made new and a clock that can be put forward: a few
 * lines of module around the built Worker, which itself is unchanged.
 */

import { readFileSync } from 'node:fs'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { EDGE_BUNDLE } from '../setup.ts'
import { type Answer, COMPATIBILITY_DATE, type RequestOptions, send } from './harness.ts'

/** What KV does at the next reads. */
export type Fault = 'none' | 'reject' | 'hang' | 'throw'

/** What is done to a request inside the Worker, besides its answer. */
export interface Circumstances {
  /** The answer comes once all is done that was left for the background. */
  settle?: boolean
  /** What of the runtime throws, with a text that must never be in an answer. */
  throws?: 'waitUntil' | 'bucket'
}

/** What stands in the errors that the runtime is made to throw. */
export const INTERNAL = 'internal detail of 10.0.0.7 in /srv/secret.js'

/**
 * KV is asked for what it does before each read. Another `x-test-isolate` gives the Worker another environment
 * object, for which it has nothing in memory, as in a new isolate of the same data centre.
 */
const AROUND = `
import edge from './edge.js'
const INTERNAL = ${JSON.stringify(INTERNAL)}
const realNow = Date.now
let aheadMs = 0
Date.now = () => realNow() + aheadMs
const environments = new Map()
const throwing = new Set()
function environment(env, isolate) {
  if (!environments.has(isolate)) {
    const get = async (keys, options) => {
      const fault = await (await env.FAULT.fetch('http://fault/', { method: 'POST', body: keys[0] })).text()
      if (fault === 'reject') throw new Error('KV GET failed: 500 Internal Server Error')
      if (fault === 'hang') return new Promise(() => {})
      return env.RULES.get(keys, options)
    }
    const kv = {
      get: (...args) => {
        if (throwing.has(args[0][0])) throw new TypeError('KV is not there')
        return get(...args)
      },
      put: async (...args) => {
        const fault = await (await env.WRITE_FAULT.fetch('http://fault/')).text()
        if (fault === 'reject') throw new Error('KV PUT failed: 429 Too Many Requests')
        if (fault === 'hang') return new Promise(() => {})
        return env.RULES.put(...args)
      },
    }
    const bucket = { fetch: () => { throw new Error(INTERNAL) } }
    environments.set(isolate, { ...env, RULES: kv, BUCKET: bucket })
  }
  return environments.get(isolate)
}
const COMMANDS = {
  later: seconds => { aheadMs += 1000 * Number(seconds) },
  forget: host => caches.default.delete('https://last-known-good.invalid/' + host),
  throw: key => throwing.add(key),
}
export default {
  async fetch(request, env, context) {
    const { headers } = request
    const command = headers.get('x-test-command')
    if (command !== null) return new Response(String(await COMMANDS[command](headers.get('x-test-argument'))))
    const background = []
    const around = {
      waitUntil(promise) {
        if (headers.get('x-test-throws') === 'waitUntil') throw new Error(INTERNAL)
        background.push(promise)
        context.waitUntil(promise)
      },
      passThroughOnException() {},
    }
    const answer = await edge.fetch(request, environment(env, headers.get('x-test-isolate')), around)
    if (headers.has('x-test-settle')) await Promise.allSettled(background)
    return answer
  },
}`

export class FaultyEdge {
  readonly #miniflare: Miniflare
  fault: Fault = 'none'
  /** What KV does when it is written. */
  writeFault: Exclude<Fault, 'throw'> = 'none'
  /** Of single hosts, before `fault`. */
  readonly #faults = new Map<string, Fault>()
  /** How often KV was read. */
  reads = 0
  /** How often it was read for each host. */
  readonly readsOf = new Map<string, number>()
  readonly log: string[] = []
  origin = ''

  private constructor(vars: Record<string, string>) {
    this.#miniflare = new Miniflare(
      convertV4MiniflareOptions({
        modules: [
          { type: 'ESModule', path: 'main.js', contents: AROUND },
          { type: 'ESModule', path: 'edge.js', contents: readFileSync(EDGE_BUNDLE, 'utf8') },
        ],
        compatibilityDate: COMPATIBILITY_DATE,
        bindings: vars,
        kvNamespaces: ['RULES'],
        serviceBindings: {
          FAULT: async (request: Request) => {
            const host = (await request.text()).replace('cors:', '')
            this.reads++
            this.readsOf.set(host, (this.readsOf.get(host) ?? 0) + 1)
            return new Response(this.#faults.get(host) ?? this.fault)
          },
          WRITE_FAULT: () => new Response(this.writeFault),
        },
        unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
        handleStructuredLogs: ({ message }: { message: string }) => void this.log.push(message),
      } as unknown as Parameters<typeof convertV4MiniflareOptions>[0]),
    )
  }

  static async start(vars: Record<string, string>): Promise<FaultyEdge> {
    const edge = new FaultyEdge(vars)
    await edge.#miniflare.ready
    edge.origin = (await edge.#miniflare.unsafeGetDirectURL()).origin
    return edge
  }

  async put(key: string, value: string | null): Promise<void> {
    const kv = await this.#miniflare.getKVNamespace('RULES')
    if (value === null) await kv.delete(key)
    else await kv.put(key, value)
  }

  async get(key: string): Promise<string | null> {
    const kv = await this.#miniflare.getKVNamespace('RULES')
    const value: unknown = await kv.get(key, 'text')
    return typeof value === 'string' ? value : null
  }

  /** What KV does when it is read for a host. */
  async fail(host: string, fault: Fault): Promise<void> {
    this.#faults.set(host, fault)
    // Told at once: what throws before it returns a promise can't ask.
    if (fault === 'throw') await this.#command('throw', `cors:${host}`)
  }

  /** Puts the Worker's clock forward. */
  later(seconds: number): Promise<void> {
    return this.#command('later', String(seconds))
  }

  /** Takes a host's last known good values out of the Cache API. */
  forgetLastKnownGood(host: string): Promise<void> {
    return this.#command('forget', host)
  }

  async #command(name: string, argument: string): Promise<void> {
    const headers = { 'x-test-command': name, 'x-test-argument': argument }
    const answer = await send(this.origin, '/', { headers })
    if (answer.status !== 200) throw new Error(`${name}: ${answer.text}`)
  }

  /** Sends a request to an isolate: one that was not named before has nothing in memory. */
  send(
    isolate: string,
    path: string,
    options: RequestOptions = {},
    { settle = false, throws }: Circumstances = {},
  ): Promise<Answer> {
    const headers = {
      ...options.headers,
      'x-test-isolate': isolate,
      ...(settle ? { 'x-test-settle': '1' } : {}),
      ...(throws === undefined ? {} : { 'x-test-throws': throws }),
    }
    return send(this.origin, path, { ...options, headers })
  }

  stop(): Promise<void> {
    return this.#miniflare.dispose()
  }
}
