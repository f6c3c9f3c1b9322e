/**
 * ORIGIN=route: the request goes on with its own URL, so Host, path and query reach the bucket exactly as they came,
 * and what a client has signed for the edge's domain holds there. (On Cloudflare the domain's own DNS record leads to
 * the bucket; here, one address answers for every name.)
 */

import COS from 'cos-nodejs-sdk-v5'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Edge, RecordingBucket } from './harness.ts'
import { COS_KEY, type PrivateBuckets, startPrivateBuckets } from './private-buckets.ts'

const RULES =
  '[{"AllowedOrigins":["https://page.example"],"AllowedMethods":["GET","PUT"],"AllowedHeaders":["*"]}]'

let recorder: RecordingBucket
let buckets: PrivateBuckets
let recorded: Edge
let edge: Edge

beforeAll(async () => {
  ;[recorder, buckets] = await Promise.all([RecordingBucket.start(), startPrivateBuckets()])
  const start = (origin: string) =>
    Edge.start({
      vars: { ORIGIN: 'route' },
      rules: { 'cors:default': RULES },
      outbound: new URL(origin).host,
    })
  ;[recorded, edge] = await Promise.all([start(recorder.origin), start(buckets.cos)])
})
afterAll(() => Promise.all([recorded?.stop(), edge?.stop(), recorder?.stop(), buckets?.stop()]))

describe('ORIGIN=route', () => {
  test.each([
    ['files.example', '/k'],
    ['files.example:8443', '/a%20b/c+d%2B?x=%2f&y=a+b&y=&z'],
    ['127.0.0.1:9', '//k//?'],
    ['xn--bcher-kva.example', "/%E6%BC%A2%25%2F!'()*~;=:@$,&?a/b?c"],
  ])('passes Host %s and %s on unchanged', async (host, path) => {
    const headers = { origin: 'https://page.example', range: 'bytes=0-1', 'x-cos-meta-a': 'b' }
    for (const method of ['GET', 'PUT']) {
      const answer = await recorded.send(path, {
        method,
        host,
        headers,
        ...(method === 'PUT' && { body: 'x' }),
      })
      expect(answer.status).toBe(200)
      expect(answer.headers['access-control-allow-origin']).toBe('https://page.example')
      expect(recorder.last).toMatchObject({ method, url: path })
      expect(recorder.last.headers).toMatchObject({ host, range: 'bytes=0-1', 'x-cos-meta-a': 'b' })
    }
  })

  test.each(['edge.example:99999', '1.2.3.4.5', 'a.256'])(
    'refuses Host %s, of which no URL can be made, and tells nobody the signature',
    async host => {
      recorder.received.length = 0
      recorded.log.length = 0
      const answer = await recorded.send('/k?q-signature=topsecret', { host })
      expect([answer.status, answer.text.includes('<Code>InvalidURI</Code>')]).toEqual([400, true])
      expect(recorder.received).toEqual([])
      expect((await recorded.wholeLog()).join()).not.toContain('topsecret')
    },
  )

  test('answers a preflight itself', async () => {
    recorder.received.length = 0
    const answer = await recorded.preflight('/k', 'https://page.example', 'PUT', 'authorization')
    expect([answer.status, recorder.received.length]).toEqual([200, 0])
  })

  test('the COS SDK’s default settings work: the Host that it signs is the Host that the bucket gets', async () => {
    const Domain = new URL(edge.origin).host
    const options = { Domain, Protocol: 'http:', AutoSwitchHost: false, KeepAlive: false } as const
    const cos = new COS({ ...COS_KEY, ...options })
    const object = { Bucket: 'demo-1250000000', Region: 'ap-beijing', Key: 'a b/+ü.txt' }
    await cos.putObject({ ...object, Body: 'routed' })
    expect((await cos.getObject(object)).Body.toString()).toBe('routed')
    const url = new URL(cos.getObjectUrl({ ...object, Sign: true }))
    expect((await edge.send(url.pathname + url.search, { host: url.host })).text).toBe('routed')
    const wrong = new COS({ ...COS_KEY, ...options, SecretKey: 'wrong' })
    await expect(wrong.getObject(object)).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' })
  })
})
