import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { newIds, newRequestId } from '../../../src/answers/ids.ts'
import { DIALECTS } from '../../../src/cors/dialect.ts'

const NOW = new Date('2026-03-04T05:06:07Z')
const SECONDS = (NOW.getTime() / 1000).toString(16)
const decoded = (id: string) => Buffer.from(id, 'base64').toString('latin1')

beforeEach(() => {
  vi.useFakeTimers({ now: NOW })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** The module as a new isolate has it. */
async function newIsolate() {
  vi.resetModules()
  return import('../../../src/answers/ids.ts')
}

describe('shape', () => {
  test('COS request ids are base64 of the second and three groups of hex digits', () => {
    const id = newRequestId('cos')
    expect(decoded(id)).toMatch(new RegExp(`^${SECONDS}_[0-9a-f]{8}_[0-9a-f]{5}_[0-9a-f]{9}$`))
    expect(Buffer.from(decoded(id)).toString('base64')).toBe(id)
  })

  test('S3 request ids are 16 upper-case hex digits', () => {
    expect(newRequestId('s3')).toMatch(/^[0-9A-F]{16}$/)
  })

  test('trace ids are base64 of 128 lower-case hex digits, without padding in the middle', () => {
    for (const dialect of DIALECTS) {
      const { trace } = newIds(dialect)
      expect(decoded(trace)).toMatch(/^[0-9a-f]{128}$/)
      expect(Buffer.from(decoded(trace)).toString('base64')).toBe(trace)
    }
  })
})

describe('uniqueness', () => {
  test.each(DIALECTS)('100,000 ids of %s within one second are all different', dialect => {
    const requests = new Set<string>()
    const traces = new Set<string>()
    for (let count = 0; count < 100_000; count++) {
      const ids = newIds(dialect)
      requests.add(ids.request)
      traces.add(ids.trace)
    }
    expect([requests.size, traces.size]).toEqual([100_000, 100_000])
  })

  test.each(DIALECTS)('isolates of %s that start in the same second share no id', async dialect => {
    const ids = new Set<string>()
    for (let isolate = 0; isolate < 20; isolate++) {
      const { newRequestId: next } = await newIsolate()
      for (let count = 0; count < 100; count++) ids.add(next(dialect))
    }
    expect(ids.size).toBe(2000)
  })

  test('an id is of the second in which it is made', () => {
    expect(decoded(newRequestId('cos'))).toContain(`${SECONDS}_`)
    vi.setSystemTime(NOW.getTime() + 1000)
    expect(decoded(newRequestId('cos'))).toContain(`${(NOW.getTime() / 1000 + 1).toString(16)}_`)
  })
})

describe('secrecy', () => {
  test('IDs consist of the clock, random digits and a counter', async () => {
    vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array) => bytes.fill(0xab) })
    const series = async () => {
      const isolate = await newIsolate()
      return Array.from({ length: 10 }, () => [
        isolate.newIds('cos'),
        isolate.newIds('s3'),
        isolate.newRequestId('cos'),
      ])
    }
    expect(await series()).toEqual(await series())
  })
})
