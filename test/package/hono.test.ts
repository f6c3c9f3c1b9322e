import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMPATIBILITY_DATE } from '../worker/harness.ts'
import { HONO_CASES, HONO_RULES } from './hono-app.ts'

const APP = `
import { Hono } from 'hono'
import { bucketCors } from './src/package/hono.ts'
const app = new Hono()
app.use(bucketCors({ load: host => (host === 'edge.example' ? ${JSON.stringify(HONO_RULES)} : null) }))
app.all('*', c => c.text('object', 200, { 'access-control-allow-origin': '*', vary: 'Accept' }))
export default app`

describe('bucketCors() in workerd', { timeout: 60_000 }, () => {
  let worker: Miniflare
  beforeAll(async () => {
    const { outputFiles } = await build({
      stdin: { contents: APP, resolveDir: process.cwd(), loader: 'ts' },
      bundle: true,
      format: 'esm',
      write: false,
    })
    worker = new Miniflare(
      convertV4MiniflareOptions({
        modules: [{ type: 'ESModule', path: 'index.js', contents: outputFiles[0]?.text ?? '' }],
        compatibilityDate: COMPATIBILITY_DATE,
      } as Parameters<typeof convertV4MiniflareOptions>[0]),
    )
  })
  afterAll(() => worker.dispose())

  test.each(HONO_CASES)('$name', async ({ request, status, headers }) => {
    // The second request finds the rules compiled: what one request left must serve the next.
    for (const _ of [1, 2]) {
      const response = await worker.dispatchFetch('http://edge.example/a.txt', request)
      await response.arrayBuffer()
      expect(response.status).toBe(status)
      for (const [name, value] of Object.entries(headers)) expect(response.headers.get(name)).toBe(value)
    }
  })
})
