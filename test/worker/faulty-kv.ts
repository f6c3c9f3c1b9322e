/**
 * @module
 * The edge with a KV that fails on command, isolates that can be made new and a clock that can be put forward: a few
 * lines of module around the built Worker, which itself is unchanged.
 */

import http from 'node:http'
import { expect } from 'vitest'
import { eventually } from '../eventually.ts'
import { type Answer, Edge, type RequestOptions } from './harness.ts'

/** What KV does. A read that hangs is given up soon, one that stalls is not while a test goes on; a slow one takes SLOW_MS. */
export type Fault = 'none' | 'reject' | 'hang' | 'stall' | 'throw' | 'slow'
/** In place of a host: what KV does for every host of which nothing else is said. */
export const EVERY_HOST = '*'

/** What is done to a request inside the Worker, besides its answer. */
export interface Circumstances {
  /** The answer comes once all is done that was left for the background. */
  settle?: boolean
  /** What of the runtime throws, with a text that must never be in an answer. */
  throws?: 'waitUntil' | 'bucket'
}

/** What stands in the errors that the runtime is made to throw. */
export const INTERNAL = 'internal detail of 10.0.0.7 in /srv/secret.js'

/** When a read that hangs is given up, in milliseconds: nobody needs to wait for the real limit. */
const SOON_MS = 50
/** Time of a slow read, in milliseconds. */
const SLOW_MS = 500
/** How much farther away every other limit is than in production: a machine with other things to do is no fault. */
const FARTHER = 10

/**
 * Another `x-test-isolate` gives the Worker another environment object, for which it has nothing in memory, as in a
 * new isolate of the same data centre. The Worker sets the limit of a read right after the read.
 */
const around = (farther: number) => `
import edge from './edge.js'
const INTERNAL = ${JSON.stringify(INTERNAL)}
const realNow = Date.now
let aheadMs = 0
Date.now = () => realNow() + aheadMs
const realSetTimeout = setTimeout
let hangs = false
globalThis.setTimeout = (then, ms) => {
  const limitMs = hangs ? ${SOON_MS} : ms * ${farther}
  hangs = false
  return realSetTimeout(then, limitMs)
}
const faults = { get: {}, put: {} }
const reads = {}
const hostOf = key => key.split(':')[1]
const faultOf = (method, key) => faults[method][hostOf(key)] ?? faults[method]['${EVERY_HOST}']
const environments = new Map()
function environment(env, isolate) {
  if (!environments.has(isolate)) {
    const kv = {
      get: (keys, options) => {
        const fault = faultOf('get', keys[0])
        reads[hostOf(keys[0])] = (reads[hostOf(keys[0])] ?? 0) + 1
        if (fault === 'throw') throw new TypeError('KV is not there')
        if (fault === 'reject') return Promise.reject(new Error('KV GET failed: 500 Internal Server Error'))
        if (fault === 'slow')
          return new Promise(then => realSetTimeout(then, ${SLOW_MS})).then(() => env.RULES.get(keys, options))
        hangs = fault === 'hang'
        return hangs || fault === 'stall' ? new Promise(() => {}) : env.RULES.get(keys, options)
      },
      put: async (key, ...rest) => {
        const fault = faultOf('put', key)
        if (fault === 'reject') throw new Error('KV PUT failed: 429 Too Many Requests')
        return fault === 'hang' ? new Promise(() => {}) : env.RULES.put(key, ...rest)
      },
    }
    const bucket = { fetch: () => { throw new Error(INTERNAL) } }
    environments.set(isolate, { ...env, RULES: kv, BUCKET: bucket })
  }
  return environments.get(isolate)
}
const COMMANDS = {
  later: seconds => { aheadMs += 1000 * seconds },
  forget: host => caches.default.delete('https://last-known-good.invalid/' + host),
  fail: (method, host, fault) => { faults[method][host] = fault },
  reads: host => reads[host] ?? 0,
}
export default {
  async fetch(request, env, context) {
    const { headers } = request
    const command = headers.get('x-test-command')
    if (command !== null)
      return Response.json((await COMMANDS[command](...(await request.json()))) ?? null)
    const background = []
    const around = {
      waitUntil(promise) {
        if (headers.get('x-test-throws') === 'waitUntil') throw new Error(INTERNAL)
        background.push(promise)
        context.waitUntil(promise)
      },
      passThroughOnException() {},
    }
    const sent = new Request(request)
    // Requests with headers that nobody knows are neither signed nor cached.
    for (const name of ['x-test-isolate', 'x-test-settle', 'x-test-throws']) sent.headers.delete(name)
    const answer = await edge.fetch(sent, environment(env, headers.get('x-test-isolate')), around)
    if (headers.has('x-test-settle')) await Promise.allSettled(background)
    return answer
  },
}`

export class FaultyEdge {
  readonly #edge: Edge

  private constructor(edge: Edge) {
    this.#edge = edge
  }

  /** `realLimits`: the Worker's time limits and pauses are those of production, but for that of a read that hangs. */
  static async start(vars: Record<string, string>, { realLimits = false } = {}): Promise<FaultyEdge> {
    return new FaultyEdge(await Edge.start({ vars, around: around(realLimits ? 1 : FARTHER) }))
  }

  get log(): string[] {
    return this.#edge.log
  }

  /** The log, once all lines have come that were logged until now. */
  wholeLog(): Promise<string[]> {
    return this.#edge.wholeLog()
  }

  /** Writes a KV value; null: takes it away. */
  put(key: string, value: string | null): Promise<void> {
    return value === null ? this.#edge.deleteRules(key) : this.#edge.putRules(key, value)
  }

  get(key: string): Promise<string | null> {
    return this.#edge.getRules(key)
  }

  /** What KV does when it is read for a host, or for {@link EVERY_HOST}, from now on. */
  async failReads(host: string, fault: Fault): Promise<void> {
    await this.#command('fail', 'get', host, fault)
  }

  /** What KV does when it is written. */
  async failWrites(host: string, fault: 'none' | 'reject' | 'hang'): Promise<void> {
    await this.#command('fail', 'put', host, fault)
  }

  /** How often KV was read for a host. */
  async reads(host: string): Promise<number> {
    return Number(await this.#command('reads', host))
  }

  /** Puts the Worker's clock forward. */
  async later(seconds: number): Promise<void> {
    await this.#command('later', seconds)
  }

  /** Takes a host's last known good values out of the Cache API. */
  async forgetLastKnownGood(host: string): Promise<void> {
    await this.#command('forget', host)
  }

  async #command(name: string, ...args: unknown[]): Promise<unknown> {
    const options = { method: 'POST', headers: { 'x-test-command': name }, body: JSON.stringify(args) }
    const { status, text } = await this.#edge.send('/', options)
    if (status !== 200) throw new Error(`${name}: ${text}`)
    return JSON.parse(text)
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
    return this.#edge.send(path, { ...options, headers })
  }

  /** Sends a preflight, and goes away as soon as KV is read for its host. */
  async abandon(isolate: string, host: string, origin: string): Promise<void> {
    const headers = { host, origin, 'access-control-request-method': 'GET', 'x-test-isolate': isolate }
    const before = await this.reads(host)
    const request = http.request(this.#edge.origin, { method: 'OPTIONS', path: '/k', headers })
    request.on('error', () => {})
    request.end()
    await eventually(async () => expect(await this.reads(host)).toBe(before + 1))
    request.destroy()
  }

  stop(): Promise<void> {
    return this.#edge.stop()
  }
}
