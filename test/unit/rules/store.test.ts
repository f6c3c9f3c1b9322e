import { afterEach, describe, expect, test, vi } from 'vitest'

interface HostValues {
  readonly rules: string | null
  readonly bucket: string | null
  readonly isDefault: boolean
}
type Get = (keys: string[], options: object) => Promise<Map<string, string | null>>

// Loaded without its types: they are the Worker's, which the compiler settings of Node don't know.
const { readHost } = await vi.importActual<{
  readHost: (kv: { get: Get }, host: string) => Promise<HostValues>
}>('../../../src/rules/store.ts')

afterEach(() => {
  vi.useRealTimers()
})

/** A KV namespace that holds these values, and what it was asked. */
function namespace(values: Record<string, string>) {
  const asked: { keys: string[]; options: object }[] = []
  const get: Get = async (keys, options) => {
    asked.push({ keys, options })
    return new Map(keys.map(key => [key, values[key] ?? null]))
  }
  return { get, asked }
}

describe('readHost()', () => {
  test('reads a host and the default in one operation, as text, held for the least time KV allows', async () => {
    const kv = namespace({})
    expect(await readHost(kv, 'a.example')).toEqual({
      rules: null,
      bucket: null,
      guardrail: null,
      isDefault: true,
      isDefaultBucket: true,
    })
    expect(kv.asked).toEqual([
      {
        keys: ['a.example', 'default'].flatMap(name => [
          `cors:${name}`,
          `bucket:${name}`,
          `guardrail:${name}`,
        ]),
        options: { type: 'text', cacheTtl: 30 },
      },
    ])
  })

  test('takes what the host has of its own before the default: rules, settings and guardrail each', async () => {
    const all = {
      ...{ 'cors:a': 'own', 'bucket:a': 'own', 'guardrail:a': 'own' },
      ...{ 'cors:default': 'default', 'bucket:default': 'default', 'guardrail:default': 'default' },
    }
    expect(await readHost(namespace(all), 'a')).toEqual({
      rules: 'own',
      bucket: 'own',
      guardrail: 'own',
      isDefault: false,
      isDefaultBucket: false,
    })
    expect(await readHost(namespace(all), 'b')).toEqual({
      rules: 'default',
      bucket: 'default',
      guardrail: 'default',
      isDefault: true,
      isDefaultBucket: true,
    })
    const { 'bucket:a': _, ...withoutBucket } = all
    expect(await readHost(namespace(withoutBucket), 'a')).toMatchObject({
      rules: 'own',
      bucket: 'default',
      isDefaultBucket: true,
    })
  })

  test('an empty value is a value, and so never replaced by the default', async () => {
    const kv = namespace({ 'cors:a': '', 'cors:default': 'default' })
    expect(await readHost(kv, 'a')).toMatchObject({ rules: '', isDefault: false })
  })

  test('a host that is called default, or longer than a name can be, has the default values alone', async () => {
    for (const host of ['default', 'a'.repeat(254)]) {
      const kv = namespace({ [`cors:${host}`]: 'x', 'cors:default': 'default' })
      expect(await readHost(kv, host)).toMatchObject({ rules: 'default' })
      expect(kv.asked[0]?.keys).toEqual(['cors:default', 'bucket:default', 'guardrail:default'])
    }
    const longest = namespace({ [`cors:${'a'.repeat(253)}`]: 'own' })
    expect(await readHost(longest, 'a'.repeat(253))).toMatchObject({ rules: 'own' })
  })

  test('rejects when KV does, and when it has not answered within 2 seconds', async () => {
    const failing = { get: () => Promise.reject(new Error('KV GET failed')) }
    await expect(readHost(failing, 'a')).rejects.toThrow('KV GET failed')
    vi.useFakeTimers()
    const late = readHost({ get: () => new Promise(() => {}) }, 'a')
    const rejected = expect(late).rejects.toThrow('no answer within 2000 ms')
    await vi.advanceTimersByTimeAsync(1999)
    await vi.advanceTimersByTimeAsync(1)
    await rejected
    expect(vi.getTimerCount()).toBe(0)
  })
})
