import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { type BucketCorsOptions, bucketCors } from '../../../src/package/hono.ts'
import { HONO_CASES, HONO_RULES } from '../../package/hono-app.ts'

const serve = (options: BucketCorsOptions) => {
  const app = new Hono()
  let handled = 0
  app.use(bucketCors(options))
  app.all('*', c => {
    handled++
    return c.text('object', 200, { 'access-control-allow-origin': '*', vary: 'Accept' })
  })
  app.onError((_, c) => c.text('failed', 500))
  return { app, handled: () => handled }
}
const get = (origin: string, headers: Readonly<Record<string, string>> = {}) => ({
  headers: { origin, ...headers },
})
const APP = 'https://app.example.com'

describe('bucketCors()', () => {
  test.each(HONO_CASES)('$name', async ({ request, status, headers }) => {
    const { app } = serve({ rules: HONO_RULES })
    const response = await app.request('http://edge.example/a.txt', request)
    expect(response.status).toBe(status)
    for (const [name, value] of Object.entries(headers)) expect(response.headers.get(name)).toBe(value)
  })

  test('refuses an unmatched request before the handler, or forwards it without CORS headers', async () => {
    const refusing = serve({ rules: HONO_RULES })
    const refused = await refusing.app.request('http://edge.example/a.txt', get('https://evil.example'))
    expect([refused.status, refusing.handled()]).toEqual([403, 0])
    const forwarding = serve({ rules: HONO_RULES, unmatched: 'forward' })
    const sent = await forwarding.app.request('http://edge.example/a.txt', get('https://evil.example'))
    expect([sent.status, forwarding.handled()]).toEqual([200, 1])
    expect(sent.headers.get('access-control-allow-origin')).toBeNull()
    expect(sent.headers.get('vary')).toBe('Accept, Origin')
  })

  test('passes requests that need no CORS: of the own origin, without Origin, and form posts', async () => {
    const { app, handled } = serve({ rules: HONO_RULES })
    const url = 'http://edge.example/a.txt'
    await app.request(url)
    await app.request(url, get('http://edge.example'))
    await app.request(url, get('https://evil.example', { 'sec-fetch-mode': 'navigate' }))
    expect(handled()).toBe(3)
  })

  test('loads the rules of each host, and grants nothing if loading fails or a host has no rules', async () => {
    const { app } = serve({
      load: async host => {
        if (host === 'down.example') throw new Error('KV is down')
        return host === 'a.example' ? HONO_RULES : null
      },
    })
    const originOf = async (host: string) => {
      const response = await app.request(`http://${host}/a.txt`, get(APP))
      return [response.status, response.headers.get('access-control-allow-origin')]
    }
    expect(await originOf('a.example')).toEqual([200, APP])
    expect(await originOf('b.example')).toEqual([200, null])
    expect(await originOf('down.example')).toEqual([500, null])
  })

  test('grants nothing if the rules have errors', async () => {
    const { app } = serve({ rules: '<CORSConfiguration/>' })
    const response = await app.request('http://edge.example/a.txt', get(APP))
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([500, null])
  })

  test('rejects wrong options', () => {
    expect(() => bucketCors({})).toThrow('requires either rules or load')
    expect(() => bucketCors({ rules: HONO_RULES, load: () => null })).toThrow('requires either rules or load')
    expect(() => bucketCors({ rules: HONO_RULES, dialect: 'gcs' as never })).toThrow('Accepted: cos or s3.')
    expect(() => bucketCors({ rules: HONO_RULES, unmatched: 'allow' as never })).toThrow(
      'Accepted: refuse or forward.',
    )
  })
})
