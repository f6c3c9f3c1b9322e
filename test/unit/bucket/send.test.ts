import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { send, uploadMs } from '../../../src/bucket/send.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

type Try = (signal: AbortSignal) => Promise<Response>

/** Sends with one attempt after the other; returns the signals that they got, and the requests made. */
function sendWith(tries: Try[], retry = true) {
  const signals: AbortSignal[] = []
  const requests: Request[] = []
  const sent = send(
    () => new Request('https://bucket.example/k'),
    (request, { signal }) => {
      const next = tries[requests.length]
      if (next === undefined || !signal) throw new Error('one try too many')
      requests.push(request)
      signals.push(signal)
      return next(signal)
    },
    1000,
    retry,
  )
  return { sent, signals, requests }
}

const answer = (status: number, body: BodyInit | null = null) => new Response(body, { status })
const inMs =
  (ms: number, result: () => Response | Error): Try =>
  signal =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
      setTimeout(() => {
        const settled = result()
        if (settled instanceof Error) reject(settled)
        else resolve(settled)
      }, ms)
    })
const never: Try = inMs(1_000_000, () => new Error('unreachable'))
const statusOf = async (sent: ReturnType<typeof send>) => {
  const result = await sent
  return 'response' in result ? result.response.status : result.failure
}

describe('send() retries', () => {
  test.each([502, 503, 504])('after %i, with a new request', async status => {
    const { sent, requests } = sendWith([inMs(1, () => answer(status)), inMs(1, () => answer(200))])
    await vi.runAllTimersAsync()
    expect(await statusOf(sent)).toBe(200)
    expect(requests[0]).not.toBe(requests[1])
  })

  test('once after a network error', async () => {
    const broken = inMs(1, () => new Error('reset'))
    const { sent, requests } = sendWith([broken, broken])
    await vi.runAllTimersAsync()
    expect(await sent).toEqual({ failure: 'unreachable', detail: 'reset' })
    expect(requests.length).toBe(2)
  })

  test.each([200, 304, 404, 429, 500, 501])('not after %i', async status => {
    const { sent, requests } = sendWith([inMs(1, () => answer(status))])
    await vi.runAllTimersAsync()
    expect([await statusOf(sent), requests.length]).toEqual([status, 1])
  })

  test('not without permission to retry', async () => {
    const { sent, requests } = sendWith([inMs(1, () => answer(503))], false)
    await vi.runAllTimersAsync()
    expect([await statusOf(sent), requests.length]).toEqual([503, 1])
  })
})

describe('send() within its timeoutout', () => {
  test('gives up on a bucket that sends no headers, without a second attempt', async () => {
    const { sent, signals } = sendWith([never])
    await vi.advanceTimersByTimeAsync(999)
    expect(signals[0]?.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await sent).toEqual({ failure: 'timeout', detail: 'no response headers within 1000 ms' })
  })

  test('counts both attempts together', async () => {
    const { sent, signals } = sendWith([inMs(900, () => new Error('reset')), never])
    await vi.advanceTimersByTimeAsync(999)
    expect(signals[1]?.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await statusOf(sent)).toBe('timeout')
  })

  test('returns the first response, intact, when the second attempt fails', async () => {
    const { sent, signals } = sendWith([inMs(1, () => answer(503, 'slow down')), never])
    await vi.advanceTimersByTimeAsync(1000)
    const result = await sent
    expect(signals.map(signal => signal.aborted)).toEqual([false, true])
    expect('response' in result && (await result.response.text())).toBe('slow down')
  })

  test('clears its timer, and never cuts off a body', async () => {
    const { sent, signals } = sendWith([inMs(1, () => answer(200, 'body'))])
    await vi.advanceTimersByTimeAsync(1)
    await sent
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(5000)
    expect(signals[0]?.aborted).toBe(false)
  })
})

describe('send() cancels', () => {
  test('a body that is not passed on, even when cancelling fails', async () => {
    const cancelled = vi.fn(() => Promise.reject(new Error('gone')))
    const { sent } = sendWith([
      inMs(1, () => answer(503, new ReadableStream({ cancel: cancelled }))),
      inMs(1, () => answer(200)),
    ])
    await vi.runAllTimersAsync()
    expect([await statusOf(sent), cancelled.mock.calls.length]).toEqual([200, 1])
  })

  test.each([101, 199, 600, 999])('a response with status %i, which no client may get', async status => {
    const cancel = vi.fn(() => Promise.resolve())
    const odd = { status, body: { cancel } } as unknown as Response
    const { sent } = sendWith([inMs(1, () => odd)], false)
    await vi.runAllTimersAsync()
    expect(await sent).toEqual({
      failure: 'unreachable',
      detail: `the bucket answered with status ${status}`,
    })
    expect(cancel).toHaveBeenCalledOnce()
  })
})

test('send() reports a request that can’t be made as a failure', async () => {
  const make = () => Promise.reject(new Error('no key for https://a.example/k?sign=secret'))
  expect(await send(make, () => Promise.resolve(answer(200)), 1000, false)).toEqual({
    failure: 'unreachable',
    detail: 'no key for https://a.example/k?…',
  })
})

test.each([
  [undefined, '0', 0],
  ['x', '1', 1],
  ['x', '16384', 1000],
  ['x', '1048576', 64_000],
  ['x', '99999999999999', 21_600_000],
  ['x', undefined, 21_600_000],
])('uploadMs() of body %j with length %s is %i', (body, length, ms) => {
  const headers = length === undefined ? {} : { 'content-length': length }
  const request = new Request('https://edge.example/k', {
    method: 'PUT',
    headers,
    ...(body === undefined ? {} : { body }),
  })
  expect(uploadMs(request)).toBe(ms)
})
