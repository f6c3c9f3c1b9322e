import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { NO_CONFIGURATION } from '../../../src/cors/configuration.ts'
import { decodeValue } from '../../../src/rules/decode.ts'
import { makeRecord, type RulesRecord, settingsDigest, sha256 } from '../../../src/rules/record.ts'
import type { Rules } from '../../../src/rules/rules.ts'

// The API of the module as far as it is used here. Its own types are the Worker's, which the compiler settings of
// Node don't know.
interface Context {
  waitUntil(promise: Promise<unknown>): void
}
interface Found {
  readonly rules: Rules | null
  readonly settings: string | null
  readonly source: 'memory' | 'kv' | 'last-known-good'
}
interface Problem {
  readonly event: string
  readonly code: string
  readonly detail: string
}
interface Deps {
  readonly kv: { get: (keys: string[]) => Promise<Map<string, string | null>> }
  readonly ttlSeconds: number
  readonly settings: string
  readonly assumed: string
  readonly readSettings: (text: string) => { settings: string } | { bad: { code: string; detail: string } }
  readonly report: (host: string, problem: Problem, lastGood: boolean) => void
}
interface PoliciesOfIsolate {
  readonly size: { hosts: number; bytes: number }
  inMemory(host: string, context: Context): Found | null
  load(host: string, context: Context): Promise<Found>
  accept(host: string, record: RulesRecord): void
  hasNewer(host: string, record: RulesRecord): boolean
  published(host: string): Promise<{ publishedAt: number; settings: string | null; guardrail: string | null }>
}
const { Policies } = await vi.importActual<{ Policies: new (deps: Deps) => PoliciesOfIsolate }>(
  '../../../src/rules/policies.ts',
)
const { MAX_BYTES } = await vi.importActual<{ MAX_BYTES: number }>('../../../src/rules/policy-memory.ts')

const KB = 1024
/** Cloudflare's limit for an isolate, which holds more than policies. */
const ISOLATE_BYTES = 128 * KB * KB
const rulesFor = (origin: string) => JSON.stringify([{ AllowedOrigins: [origin], AllowedMethods: ['GET'] }])
const GOOD = rulesFor('https://good.example')
const NEXT = rulesFor('https://next.example')
const DEFAULTS = rulesFor('https://default.example')

/** A data centre: KV, and a Cache API that the isolates share. */
class DataCentre {
  readonly values = new Map<string, string>()
  readonly cached = new Map<string, string>()
  /** How often it was written. */
  stores = 0
  /** Hosts that were read, one for each operation. */
  readonly reads: string[] = []
  readonly reports: { host: string; code: string; lastGood: boolean }[] = []
  /** What KV does instead of answering. */
  fault: (() => Promise<never>) | null = null
  /** What requests left to be done after their answers. */
  readonly pending: Promise<unknown>[] = []
  readonly context: Context = { waitUntil: promise => void this.pending.push(promise) }

  isolate(ttlSeconds = 60): PoliciesOfIsolate {
    return new Policies({
      kv: {
        get: async keys => {
          this.reads.push(keys[0]?.replace('cors:', '') ?? '')
          if (this.fault !== null) return this.fault()
          return new Map(keys.map(key => [key, this.values.get(key) ?? null]))
        },
      },
      ttlSeconds,
      settings: 'variables',
      assumed: 'assumed',
      readSettings: text =>
        text.startsWith('bad')
          ? { bad: { code: 'InvalidBucketSettings', detail: text } }
          : { settings: text },
      report: (host, { code }, lastGood) => void this.reports.push({ host, code, lastGood }),
    })
  }

  /** The Cache API over `cached`. */
  readonly caches = {
    default: {
      put: async (key: string, response: Response) => {
        this.stores++
        this.cached.set(key, await response.text())
      },
      match: async (key: string) => {
        const stored = this.cached.get(key)
        return stored === undefined ? undefined : new Response(stored)
      },
    },
  }

  async settle(): Promise<void> {
    const all = Promise.all(this.pending.splice(0))
    // The last known good values are stored in a task of their own.
    await vi.advanceTimersByTimeAsync(0)
    await all
  }
}

let here: DataCentre
beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) })
  here = new DataCentre()
  vi.stubGlobal('caches', here.caches)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const originOf = (found: Found | null): string | undefined =>
  found?.rules?.configuration.rules[0]?.allowedOrigins[0]
/** Good values in the Cache API. */
const STORED = {
  ...{ rules: GOOD, bucket: null, isDefault: false, isDefaultBucket: true },
  ...{ publishedAt: null, storedAt: 0 },
}
const seconds = (count: number) => vi.advanceTimersByTime(count * 1000)
const refuse = () => Promise.reject(new Error('KV GET failed: 500'))

describe('a host', () => {
  test('is not in memory before it was loaded, and then is, without another read', async () => {
    here.values.set('cors:a', GOOD)
    const policies = here.isolate()
    expect(policies.inMemory('a', here.context)).toBeNull()
    expect(await policies.load('a', here.context)).toMatchObject({ source: 'kv', settings: 'variables' })
    seconds(59)
    const found = policies.inMemory('a', here.context)
    expect([found?.source, originOf(found)]).toEqual(['memory', 'https://good.example'])
    expect(here.reads).toEqual(['a'])
  })

  test('without any value is a bucket without rules, which is not the same as no rules to be had', async () => {
    const found = await here.isolate().load('a', here.context)
    expect(found.rules?.configuration.rules).toEqual([])
    here.fault = refuse
    expect((await here.isolate().load('b', here.context)).rules).toBeNull()
  })

  test('has settings of its own over the variables; bad ones are unusable', async () => {
    here.values.set('bucket:a', 'own')
    here.values.set('bucket:b', 'bad')
    const policies = here.isolate()
    expect((await policies.load('a', here.context)).settings).toBe('own')
    expect((await policies.load('b', here.context)).settings).toBeNull()
    expect(here.reports).toEqual([{ host: 'b', code: 'InvalidBucketSettings', lastGood: false }])
  })

  test('is read before every answer when the time to live is 0', async () => {
    const policies = here.isolate(0)
    await policies.load('a', here.context)
    expect(policies.inMemory('a', here.context)).toBeNull()
  })
})

describe('a refresh', () => {
  test('is begun by one request when a policy is stale; the others have the stale one meanwhile', async () => {
    here.values.set('cors:a', GOOD)
    const policies = here.isolate()
    await policies.load('a', here.context)
    here.values.set('cors:a', NEXT)
    seconds(60)
    for (let requests = 0; requests < 100; requests++)
      expect(originOf(policies.inMemory('a', here.context))).toBe('https://good.example')
    expect(here.reads).toEqual(['a', 'a'])
    await here.settle()
    expect(originOf(policies.inMemory('a', here.context))).toBe('https://next.example')
    seconds(59)
    policies.inMemory('a', here.context)
    expect(here.reads).toEqual(['a', 'a'])
  })

  test('of an unchanged value keeps what is there', async () => {
    here.values.set('cors:a', GOOD)
    const policies = here.isolate()
    const { rules } = await policies.load('a', here.context)
    seconds(60)
    policies.inMemory('a', here.context)
    await here.settle()
    expect(policies.inMemory('a', here.context)?.rules).toBe(rules)
  })

  test('that fails leaves the policy, and is tried again 5 seconds later', async () => {
    here.values.set('cors:a', GOOD)
    const policies = here.isolate()
    await policies.load('a', here.context)
    here.fault = refuse
    seconds(60)
    for (const expectedReads of [2, 2, 3, 3]) {
      expect(originOf(policies.inMemory('a', here.context))).toBe('https://good.example')
      await here.settle()
      expect(here.reads).toHaveLength(expectedReads)
      seconds(2.5)
    }
    expect(here.reports).toContainEqual({ host: 'a', code: 'kv-read', lastGood: true })
  })

  test('that KV never answers is given up, and the policy stays', async () => {
    here.values.set('cors:a', GOOD)
    const policies = here.isolate()
    await policies.load('a', here.context)
    here.fault = () => new Promise(() => {})
    seconds(60)
    expect(originOf(policies.inMemory('a', here.context))).toBe('https://good.example')
    const settled = here.settle()
    await vi.advanceTimersByTimeAsync(2000)
    await settled
    expect(originOf(policies.inMemory('a', here.context))).toBe('https://good.example')
  })
})

describe('a bad value', () => {
  test.each([
    ['rules', 'cors:a', '[{}]', 'document'],
    ['settings', 'bucket:a', 'bad', 'InvalidBucketSettings'],
  ])(
    '(%s) never replaces what is good, is reported once, and is not read again',
    async (_kind, key, bad, code) => {
      here.values.set('cors:a', GOOD)
      const policies = here.isolate()
      const { rules } = await policies.load('a', here.context)
      here.values.set(key, bad)
      for (let times = 0; times < 3; times++) {
        const found = await policies.load('a', here.context)
        expect([found.rules, found.settings, found.source]).toEqual([rules, 'variables', 'memory'])
      }
      expect(here.reports).toEqual([{ host: 'a', code, lastGood: true }])
      here.values.set(key, key === 'cors:a' ? NEXT : 'own')
      expect((await policies.load('a', here.context)).source).toBe('kv')
    },
  )

  test('of a host is not replaced by the default, however good that is', async () => {
    here.values.set('cors:default', rulesFor('*'))
    here.values.set('cors:a', 'allow everything')
    expect((await here.isolate().load('a', here.context)).rules).toBeNull()
  })
})

describe('nothing that is good', () => {
  test('is served for 5 seconds; after them one request waits for what KV has by now', async () => {
    here.fault = refuse
    const policies = here.isolate()
    const nothing = { rules: null, settings: 'assumed' }
    expect(await policies.load('a', here.context)).toMatchObject(nothing)
    seconds(4)
    expect(policies.inMemory('a', here.context)).toMatchObject(nothing)
    here.fault = null
    here.values.set('cors:a', GOOD)
    here.values.set('bucket:a', 'own')
    seconds(3600)
    expect(policies.inMemory('a', here.context)).toBeNull()
    expect(policies.inMemory('a', here.context), 'the others go on meanwhile').toMatchObject(nothing)
    const found = await policies.load('a', here.context)
    expect([found.settings, originOf(found)]).toEqual(['own', 'https://good.example'])
    expect(policies.inMemory('a', here.context)?.settings).toBe('own')
  })

  test('takes the settings of the variables only where nothing was read: what is known of a host stays', async () => {
    here.values.set('cors:a', 'allow everything')
    here.values.set('bucket:a', 'own')
    here.values.set('cors:b', GOOD)
    here.values.set('bucket:b', 'bad')
    const policies = here.isolate()
    const load = async (host: string) => {
      const { rules, settings } = await policies.load(host, here.context)
      return [rules === null, settings]
    }
    for (const fault of [null, refuse, null]) {
      here.fault = fault
      expect([await load('a'), await load('b')]).toEqual([
        [true, 'own'],
        [false, null],
      ])
    }
    expect(here.reports.map(({ code }) => code).sort()).toEqual([
      'InvalidBucketSettings',
      'document',
      'kv-read',
      'kv-read',
    ])
  })

  test('does not become good by rules that are published from here', async () => {
    here.fault = refuse
    const policies = here.isolate()
    await policies.load('a', here.context)
    const record = await makeRecord(NO_CONFIGURATION, {
      publishedAt: '2026-01-01T00:00:00Z',
      source: '',
    })
    policies.accept('a', record)
    expect(policies.inMemory('a', here.context)).toMatchObject({ rules: null, settings: 'assumed' })
    seconds(5)
    expect(policies.inMemory('a', here.context)).toBeNull()
  })

  test.each([
    ['with good ones in memory', true],
    ['without', false],
  ])('in KV is looked at every 5 seconds, %s, until it is corrected', async (_, hasGood) => {
    const policies = here.isolate()
    if (hasGood) {
      here.values.set('cors:a', GOOD)
      await policies.load('a', here.context)
      seconds(60)
    }
    here.values.set('cors:a', '[{}]')
    here.reads.length = 0
    for (const expectedReads of [1, 2, 3]) {
      if (policies.inMemory('a', here.context) === null) await policies.load('a', here.context)
      await here.settle()
      expect(here.reads).toHaveLength(expectedReads)
      policies.inMemory('a', here.context)
      seconds(5)
    }
    expect(here.reports).toHaveLength(1)
  })
})

describe('the last known good values', () => {
  test('answer in a new isolate while KV fails or is bad, and are left once KV is good', async () => {
    here.values.set('cors:a', GOOD)
    await here.isolate().load('a', here.context)
    await here.settle()
    here.fault = refuse
    const policies = here.isolate()
    const found = await policies.load('a', here.context)
    expect([found.source, originOf(found)]).toEqual(['last-known-good', 'https://good.example'])
    expect(here.reports.at(-1)).toEqual({ host: 'a', code: 'kv-read', lastGood: true })
    expect(originOf(policies.inMemory('a', here.context))).toBe('https://good.example')

    here.fault = null
    here.values.set('cors:a', '[{}]')
    expect((await here.isolate().load('a', here.context)).source).toBe('last-known-good')
    here.values.set('cors:a', NEXT)
    expect(await policies.load('a', here.context)).toMatchObject({ source: 'kv' })
  })

  test('are of their host alone, and bad or missing ones are ignored', async () => {
    here.values.set('cors:a', GOOD)
    await here.isolate().load('a', here.context)
    await here.settle()
    here.fault = refuse
    expect((await here.isolate().load('b', here.context)).rules).toBeNull()
    for (const [key] of here.cached) here.cached.set(key, JSON.stringify({ ...STORED, rules: '[{}]' }))
    expect((await here.isolate().load('a', here.context)).rules).toBeNull()
    for (const stored of [
      ...['no JSON', 'null', '5', '[]', '{}', '{"rules":null,"bucket":null,"isDefault":true}'],
      ...[
        ...[{ rules: 5 }, { rules: {} }, { rules: ['{}'] }, { rules: undefined }, { bucket: 5 }],
        ...[{ guardrail: 5 }, { bucket: undefined }, { isDefault: 'no' }, { isDefaultBucket: undefined }],
        ...[{ publishedAt: 'now' }, { storedAt: null }, { storedAt: undefined }],
      ].map(wrong => JSON.stringify({ ...STORED, ...wrong })),
    ]) {
      for (const [key] of here.cached) here.cached.set(key, stored)
      expect((await here.isolate().load('a', here.context)).rules, stored).toBeNull()
    }
  })

  test('are a convenience: a cache that fails or is missing breaks nothing', async () => {
    vi.stubGlobal('caches', { default: { put: refuse, match: refuse } })
    here.values.set('cors:a', GOOD)
    expect((await here.isolate().load('a', here.context)).source).toBe('kv')
    await here.settle()
    here.fault = refuse
    expect((await here.isolate().load('a', here.context)).rules).toBeNull()
    vi.stubGlobal('caches', undefined)
    expect((await here.isolate().load('a', here.context)).rules).toBeNull()
  })
})

describe('a guardrail', () => {
  const NARROW = rulesFor('https://*.example')
  const WIDE = rulesFor('*')
  const record = async (origin: string, guardrail: string | null) => {
    const { configuration } = (await decodeValue(rulesFor(origin))) as Rules
    return JSON.stringify(
      await makeRecord(configuration, { publishedAt: new Date().toISOString(), source: 'test', guardrail }),
    )
  }

  test('keeps the last good rules while KV has wider ones, in memory and in the data centre', async () => {
    here.values.set('cors:a', GOOD)
    here.values.set('guardrail:default', NARROW)
    const policies = here.isolate()
    expect(originOf(await policies.load('a', here.context))).toBe('https://good.example')
    await here.settle()
    here.values.set('cors:a', WIDE)
    expect(originOf(await policies.load('a', here.context))).toBe('https://good.example')
    const cold = await here.isolate().load('a', here.context)
    expect([cold.source, originOf(cold)]).toEqual(['last-known-good', 'https://good.example'])
    expect(here.reports).toEqual(
      Array.from({ length: 2 }, () => ({ host: 'a', code: 'guardrail', lastGood: true })),
    )
    here.values.set('guardrail:a', WIDE)
    expect(originOf(await policies.load('a', here.context))).toBe('*')
  })

  test('leaves rules that allow nothing where no good ones are left, and takes good ones at once', async () => {
    const policies = here.isolate()
    const allows = async () => {
      const { kind, rules } = (await policies.load('a', here.context)) as Found & { kind: string }
      return [kind, rules?.configuration.rules.flatMap(rule => rule.allowedOrigins)]
    }
    here.values.set('guardrail:a', NARROW)
    for (const refused of [WIDE, '[{}]', await record('*', null), await record('*', '0'.repeat(64))]) {
      here.values.set('cors:a', refused)
      expect(await allows(), refused).toEqual(['refused', []])
    }
    expect(here.cached.size).toBe(0)
    here.values.set('cors:a', GOOD)
    expect(await allows()).toEqual(['known', ['https://good.example']])
  })

  test('that cannot be read accepts nothing but the removal of all rules', async () => {
    here.values.set('cors:a', GOOD)
    here.values.set('guardrail:a', '[{}]')
    const policies = here.isolate()
    expect(await policies.load('a', here.context)).toMatchObject({ kind: 'refused' })
    expect(here.reports).toEqual([{ host: 'a', code: 'guardrail-unusable', lastGood: false }])
    here.values.delete('cors:a')
    expect(await policies.load('a', here.context)).toMatchObject({ kind: 'known' })
  })

  test('is not asked again about a record that names it', async () => {
    here.values.set('guardrail:a', NARROW)
    here.values.set('cors:a', await record('*', await sha256(NARROW)))
    // Such a record is never written: this one shows that nothing was proven.
    expect(originOf(await here.isolate().load('a', here.context))).toBe('*')
  })

  test('that has refused the rules of KV holds for the next publication too', async () => {
    here.values.set('cors:a', GOOD)
    const policies = here.isolate()
    await policies.load('a', here.context)
    expect((await policies.published('a')).guardrail).toBeNull()
    here.values.set('guardrail:a', rulesFor('https://other.example'))
    await policies.load('a', here.context)
    expect((await policies.published('a')).guardrail).toBe(rulesFor('https://other.example'))
    expect((await here.isolate().published('a')).guardrail).toBe(rulesFor('https://other.example'))
  })
})

describe('requests for one host at once', () => {
  test('read KV once and store its values once: 500 of them', async () => {
    here.values.set('cors:a', GOOD)
    const policies = here.isolate()
    const found = await Promise.all(Array.from({ length: 500 }, () => policies.load('a', here.context)))
    await here.settle()
    expect(new Set(found.map(originOf))).toEqual(new Set(['https://good.example']))
    expect([here.reads, here.stores]).toEqual([['a'], 1])
  })

  test('load by themselves, one at a time, when the request that loads is gone', async () => {
    const policies = here.isolate()
    here.fault = () => new Promise(() => {})
    // The timers of a request that is gone never fire. Not a spy: vitest would put the fake timer back after the file.
    const { setTimeout } = globalThis
    globalThis.setTimeout = (() => 0) as never
    void policies.load('a', here.context)
    globalThis.setTimeout = setTimeout
    here.fault = null
    here.values.set('cors:a', GOOD)
    const waiting = Promise.all(Array.from({ length: 50 }, () => policies.load('a', here.context)))
    await vi.advanceTimersByTimeAsync(5000)
    expect(new Set((await waiting).map(originOf))).toEqual(new Set(['https://good.example']))
    expect(here.reads).toEqual(['a', 'a'])
  })

  test('that take different ways end with what was asked last: a late value does not replace it', async () => {
    const policies = here.isolate(0)
    let answer = () => {}
    const late = new Map([['cors:a', GOOD]])
    const get = new Promise<Map<string, string>>(resolve => {
      answer = () => resolve(late)
    })
    here.fault = () => get as never
    const first = policies.load('a', here.context)
    here.fault = null
    here.values.set('cors:a', NEXT)
    await policies.load('a', here.context)
    answer()
    await first
    here.fault = refuse
    expect(originOf(await policies.load('a', here.context))).toBe('https://next.example')
  })

  test('that take different ways end with what is newest: a late failure does not replace it', async () => {
    const policies = here.isolate(0)
    here.values.set('cors:a', GOOD)
    let fail = (_: Error) => {}
    here.fault = () =>
      new Promise((_, reject) => {
        fail = reject
      })
    const slow = policies.load('a', here.context)
    here.fault = null
    expect((await policies.load('a', here.context)).source).toBe('kv')
    here.cached.clear()
    fail(new Error('late'))
    expect((await slow).source).toBe('memory')
  })
})

/** A record of GET for an origin, so many seconds after the tests begin. */
const recordAt = (origin: string, atSeconds: number, settings: string | null = null) =>
  makeRecord(
    {
      rules: [
        {
          ...{ id: null, allowedOrigins: [`https://${origin}.example`], allowedMethods: ['GET' as const] },
          ...{ allowedHeaders: [], exposeHeaders: [], maxAgeSeconds: null },
        },
      ],
      responseVary: false,
    },
    {
      publishedAt: new Date(Date.UTC(2026, 0, 1) + 1000 * atSeconds).toISOString(),
      source: 'test',
      settings,
    },
  )

describe('KV that shows an older value after a newer one', () => {
  const loaded = async (policies: PoliciesOfIsolate) => originOf(await policies.load('a', here.context))
  const put = (record: RulesRecord) => void here.values.set('cors:a', JSON.stringify(record))

  test.each([
    ['a record', (old: RulesRecord) => JSON.stringify(old)],
    ['no rules', () => null],
    ['the default rules', () => DEFAULTS],
  ])(
    '(%s) changes nothing while the newer one propagates, here and in the data centre',
    async (kind, value) => {
      const policies = here.isolate()
      const [old, next] = [await recordAt('old', 0), await recordAt('next', 10)]
      if (kind === 'the default rules') here.values.set('cors:default', DEFAULTS)
      put(next)
      expect(await loaded(policies)).toBe('https://next.example')
      await here.settle()
      const older = value(old)
      if (older === null || kind === 'the default rules') here.values.delete('cors:a')
      else here.values.set('cors:a', older)
      for (let waited = 0; waited < 120; waited += 20) {
        expect(await loaded(policies)).toBe('https://next.example')
        expect(
          (await loaded(here.isolate())) === 'https://next.example',
          'a cold isolate has nothing newer',
        ).toBe(false)
        await here.settle()
        seconds(20)
      }
      here.fault = refuse
      expect(await loaded(here.isolate()), 'the last known good').toBe('https://next.example')
      here.fault = null
      expect(await loaded(policies), 'after that, somebody means it').not.toBe('https://next.example')
    },
  )

  test('is not protected by a clock that is ahead for longer than KV propagates', async () => {
    const policies = here.isolate()
    put(await recordAt('ahead', 86_400))
    await loaded(policies)
    put(await recordAt('now', 60))
    seconds(119)
    expect(await loaded(policies)).toBe('https://ahead.example')
    seconds(1)
    expect(await loaded(policies)).toBe('https://now.example')
  })

  test('is followed once the newer one has propagated, also if the settings have changed meanwhile', async () => {
    const policies = here.isolate()
    put(await recordAt('next', 10))
    await loaded(policies)
    seconds(100)
    here.values.set('bucket:default', 'new settings')
    expect(await loaded(policies)).toBe('https://next.example')
    seconds(20)
    put(await recordAt('old', 0))
    expect(await loaded(policies)).toBe('https://old.example')
  })

  test('follows a record that was published long ago at once', async () => {
    const policies = here.isolate()
    put(await recordAt('long ago', -421))
    await loaded(policies)
    put(await recordAt('longer ago', -1000))
    expect(await loaded(policies)).toBe('https://longer ago.example')
  })

  test('takes a document pasted by hand for the newest, but not when a record has replaced it', async () => {
    const policies = here.isolate()
    put(await recordAt('first', 0))
    await loaded(policies)
    here.values.set('cors:a', GOOD)
    expect(await loaded(policies)).toBe('https://good.example')
    seconds(120)
    put(await recordAt('second', 120))
    expect(await loaded(policies)).toBe('https://second.example')
    here.values.set('cors:a', GOOD)
    expect(await loaded(policies), 'the document before it').toBe('https://second.example')
    here.values.set('cors:a', NEXT)
    expect(await loaded(policies), 'another one').toBe('https://next.example')
  })

  test('does not replace what was published from here', async () => {
    const policies = here.isolate()
    here.values.set('cors:a', GOOD)
    await loaded(policies)
    const [record, newer] = [await recordAt('published', 1), await recordAt('newer', 2)]
    policies.accept('a', record)
    expect(originOf(policies.inMemory('a', here.context))).toBe('https://published.example')
    expect([policies.hasNewer('a', record), policies.hasNewer('b', record)]).toEqual([false, false])
    expect(policies.hasNewer('a', await recordAt('older', 0))).toBe(true)
    seconds(60)
    expect(await loaded(policies)).toBe('https://published.example')
    expect(await policies.published('a')).toEqual({
      publishedAt: Date.UTC(2026, 0, 1, 0, 0, 1),
      settings: null,
      guardrail: null,
    })
    put(newer)
    expect(await loaded(policies)).toBe('https://newer.example')
  })
})

describe('rules and settings of one publication', () => {
  const pairOf = ({ rules, settings }: Found) => [
    rules?.configuration.rules[0]?.allowedOrigins[0]?.slice(8, -8),
    settings,
  ]
  const write = async (origin: string, atSeconds: number, settings: string, only?: 'cors:a' | 'bucket:a') => {
    const record = await recordAt(origin, atSeconds, await settingsDigest(settings))
    if (only !== 'bucket:a') here.values.set('cors:a', JSON.stringify(record))
    if (only !== 'cors:a') here.values.set('bucket:a', settings)
  }
  const loaded = async (policies: PoliciesOfIsolate) => pairOf(await policies.load('a', here.context))

  test.each(['cors:a', 'bucket:a'] as const)(
    'the last good pair goes on while KV shows the new %s alone, and then both change at once',
    async half => {
      const policies = here.isolate()
      await write('old', 0, 'old settings')
      expect(await loaded(policies)).toEqual(['old', 'old settings'])
      await here.settle()
      await write('new', 10, 'new settings', half)
      for (const isolate of [policies, here.isolate()])
        expect(await loaded(isolate)).toEqual(['old', 'old settings'])
      seconds(30)
      await write('new', 10, 'new settings')
      expect(await loaded(policies)).toEqual(['new', 'new settings'])
      expect(here.reports).toEqual([])
    },
  )

  test('goes on for as long as KV propagates; then what KV has is served, and reported once', async () => {
    const policies = here.isolate()
    await write('old', 0, 'old settings')
    await loaded(policies)
    await here.settle()
    await write('new', 10, 'new settings', 'bucket:a')
    for (let waited = 0; waited < 120; waited += 20) {
      expect(await loaded(policies)).toEqual(['old', 'old settings'])
      seconds(20)
    }
    expect(here.reports).toEqual([])
    for (let times = 0; times < 3; times++) expect(await loaded(policies)).toEqual(['old', 'new settings'])
    await here.settle()
    const mismatch = { host: 'a', code: 'record-settings', lastGood: true }
    expect(here.reports).toEqual([mismatch])
    // A new isolate finds that another one has waited before.
    expect(await loaded(here.isolate())).toEqual(['old', 'new settings'])
    expect(here.reports).toEqual([mismatch])
  })

  test('is served by half and reported where no good pair is known', async () => {
    await write('new', 10, 'new settings')
    here.values.set('bucket:a', 'other settings')
    expect(await loaded(here.isolate())).toEqual(['new', 'other settings'])
    expect(here.reports).toEqual([{ host: 'a', code: 'record-settings', lastGood: true }])
  })

  test('is not asked of documents, of default rules for a host with settings, nor of default settings', async () => {
    const policies = here.isolate()
    here.values.set('cors:a', GOOD)
    here.values.set('bucket:a', 'own settings')
    here.values.set('cors:b', JSON.stringify(await recordAt('b', 0)))
    here.values.set('bucket:default', 'default settings')
    here.values.set(
      'cors:default',
      JSON.stringify(await recordAt('d', 0, await settingsDigest('default settings'))),
    )
    here.values.set('bucket:c', 'own settings')
    for (const host of ['a', 'b', 'c', 'd']) await policies.load(host, here.context)
    expect(here.reports).toEqual([])
  })
})

describe('memory', () => {
  /** 64 KB of rules: they count at more than that in memory. */
  const large = GOOD.padEnd(64 * KB)

  /** Loads hosts that count at more than a megabyte each, far more of them than there is room for. */
  async function loadMany(policies: PoliciesOfIsolate, afterEach: () => void): Promise<void> {
    for (let host = 0; host < 150; host++) {
      here.values.set(`cors:${host}`, large)
      here.values.set(`bucket:${host}`, 'x'.repeat(448 * KB))
      await policies.load(String(host), here.context)
      here.cached.clear()
      afterEach()
    }
  }

  test('is bounded in bytes, however many hosts there are', async () => {
    const policies = here.isolate()
    let most = 0
    await loadMany(policies, () => {
      most = Math.max(most, policies.size.bytes)
    })
    expect(MAX_BYTES).toBeLessThanOrEqual(ISOLATE_BYTES / 2)
    expect(most).toBeLessThanOrEqual(MAX_BYTES)
    expect(most).toBeGreaterThan(0.9 * MAX_BYTES)
    expect(policies.inMemory('0', here.context)).toBeNull()
    expect(policies.inMemory('149', here.context)).not.toBeNull()
  })

  test('counts rules, settings, and a host that has neither', async () => {
    const policies = here.isolate()
    const sizes = [0]
    here.values.set('cors:rules', large)
    here.values.set('bucket:settings', 'x'.repeat(64 * KB))
    for (const host of ['none', 'rules', 'settings']) {
      await policies.load(host, here.context)
      sizes.push(policies.size.bytes)
    }
    const [none = 0, rules = 0, settings = 0] = sizes.slice(1).map((size, at) => size - (sizes[at] ?? 0))
    expect(none).toBeGreaterThan(0)
    expect(rules).toBeGreaterThan(none + 64 * KB)
    expect(settings).toBeGreaterThan(none + 64 * KB)
  })

  test('gives back what a host took when its value changes', async () => {
    const policies = here.isolate()
    const sizes: number[] = []
    for (const [at, length] of [large.length, 0, large.length, 0].entries()) {
      here.values.set('cors:a', JSON.stringify(await recordAt('a', at)).padEnd(length))
      await policies.load('a', here.context)
      sizes.push(policies.size.bytes)
    }
    expect(sizes.slice(0, 2)).toEqual(sizes.slice(2))
    expect(sizes[1]).toBeLessThan(sizes[0] ?? 0)
    expect(policies.size.hosts).toBe(1)
  })

  test('takes out the host that was not used for the longest time', async () => {
    const policies = here.isolate()
    here.values.set('cors:used', large)
    await policies.load('used', here.context)
    await loadMany(policies, () => expect(policies.inMemory('used', here.context)).not.toBeNull())
    expect(policies.inMemory('0', here.context)).toBeNull()
  })

  test('holds one default for all hosts without rules of their own', async () => {
    here.values.set('cors:default', large)
    const policies = here.isolate()
    const { rules } = await policies.load('0', here.context)
    for (let host = 1; host < 500; host++)
      expect((await policies.load(String(host), here.context)).rules).toBe(rules)
    expect(policies.size.hosts).toBe(500)
    expect(policies.size.bytes).toBeLessThan(500 * 4 * KB)

    here.values.set('cors:default', NEXT)
    expect(originOf(await policies.load('0', here.context))).toBe('https://next.example')
    expect(originOf(policies.inMemory('1', here.context))).toBe('https://good.example')
  })

  test('is bounded for hosts that nobody has set up', async () => {
    here.values.set('bucket:default', 'x'.repeat(128 * KB))
    const policies = here.isolate()
    for (let host = 0; host < 400; host++) {
      await policies.load(`${host}.example`, here.context)
      here.cached.clear()
    }
    expect(policies.size.bytes).toBeLessThanOrEqual(MAX_BYTES)
    expect(policies.size.hosts).toBeLessThan(400)
  })
})
