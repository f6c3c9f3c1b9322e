/**
 * @module
 * The edge with a KV that fails on command and isolates that can be made new: a few lines of module around the
 * built Worker, which itself is unchanged.
 */

import { readFileSync } from 'node:fs'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { EDGE_BUNDLE } from '../setup.ts'
import { type Answer, COMPATIBILITY_DATE, type RequestOptions, send } from './harness.ts'

/** What KV does at the next reads. */
export type Fault = 'none' | 'reject' | 'hang'

/**
 * KV is asked for what it does before each read. Another `x-test-isolate` gives the Worker another environment
 * object, for which it has nothing in memory, as in a new isolate of the same data centre.
 */
const AROUND = `
import edge from './edge.js'
const environments = new Map()
function environment(env, isolate) {
  if (!environments.has(isolate)) {
    const get = async (keys, options) => {
      const fault = await (await env.FAULT.fetch('http://fault/')).text()
      if (fault === 'reject') throw new Error('KV GET failed: 500 Internal Server Error')
      if (fault === 'hang') return new Promise(() => {})
      return env.RULES.get(keys, options)
    }
    const kv = { get: (...args) => get(...args) }
    environments.set(isolate, { ...env, RULES: kv })
  }
  return environments.get(isolate)
}
export default {
  fetch(request, env, context) {
    return edge.fetch(request, environment(env, request.headers.get('x-test-isolate')), context)
  },
}`

export class FaultyEdge {
  readonly #miniflare: Miniflare
  fault: Fault = 'none'
  /** How often KV was read. */
  reads = 0
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
          FAULT: () => {
            this.reads++
            return new Response(this.fault)
          },
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

  /** Sends a request to an isolate: one that was not named before has nothing in memory. */
  send(isolate: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    return send(this.origin, path, { ...options, headers: { ...options.headers, 'x-test-isolate': isolate } })
  }

  stop(): Promise<void> {
    return this.#miniflare.dispose()
  }
}
