import { describe, expect, test } from 'vitest'
import { readHostSettings } from '../../../src/settings/host-settings.ts'
import { type Env, readSettings } from '../../../src/settings/settings.ts'

const env = (vars: Record<string, unknown>): Env =>
  ({ RULES: { get: () => null }, ...vars }) as unknown as Env

describe('readSettings()', () => {
  test('defaults are the contract’s', () => {
    expect(readSettings(env({}))).toEqual({
      settings: {
        upstream: null,
        dialect: 'cos',
        unmatched: 'refuse',
        methods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
        credentials: true,
        mount: '',
        userContent: null,
        resourcePolicy: 'off',
        timing: 'off',
        upstreamTimeoutMs: 30_000,
        cache: 'origin',
        cacheParameters: [],
        signing: 'none',
        region: '',
        secretId: '',
        resign: false,
        keys: new Map(),
        sealKeys: new Map(),
        pathStyle: false,
        policyTtlSeconds: 60,
        debugRefusals: false,
        sampleAllowed: 0,
        sync: { writeThrough: false, cron: false },
      },
      problems: [],
    })
  })

  test.each([
    ['https://b.example', 'https://b.example'],
    ['https://b.example/', 'https://b.example'],
    ['https://b.example:8443/pre/fix//', 'https://b.example:8443/pre/fix'],
    ['http://localhost:9000', 'http://localhost:9000'],
    ['http://127.0.0.1', 'http://127.0.0.1'],
    ['http://[::1]:80/bucket', 'http://[::1]/bucket'],
  ])('ORIGIN %s is %s', (text, base) => {
    const { settings, problems } = readSettings(env({ ORIGIN: text }))
    expect([settings.upstream, problems]).toEqual([{ kind: 'url', base }, []])
  })

  test.each([
    'ftp://x.example',
    'http://x.example',
    'http://127.0.0.1.x.example',
    'https://x.example /a',
    'https:\\\\x.example',
    'x.example',
    'Route',
    '//x.example',
    'https://',
  ])('ORIGIN %s is refused, and the problem shows it', text => {
    const { problems } = readSettings(env({ ORIGIN: text }))
    expect(problems).toMatchObject([{ code: 'InvalidVariable', name: 'ORIGIN', value: text }])
    expect(problems[0]?.accepted).toContain('https://host[:port][/prefix]')
  })

  test.each([
    ['https://user:hush@x.example', 'https://…@x.example'],
    ['https://hush@x.example/a', 'https://…@x.example/a'],
    ['https://user:hu/sh?hush#hush@x.example', 'https://…@x.example'],
    ['https:\\\\user:hush@x.example', 'https:\\\\…@x.example'],
    ['user:hush@x.example', '(19 characters, not shown)'],
    ['https://user:hush', '(17 characters, not shown)'],
    ['user:hush', '(9 characters, not shown)'],
    ['https://x.example/user:hush#', '(28 characters, not shown)'],
    ['https://x.example/?hush', 'https://x.example/?…'],
    ['https://x.example?', 'https://x.example?…'],
    ['https://x.example/#hush', 'https://x.example/?…'],
    ['hush-hush-hush-hush-hush-hush', '(29 characters, not shown)'],
  ])('ORIGIN %s is refused, and shown as %s', (text, value) => {
    const { problems } = readSettings(env({ ORIGIN: text }))
    expect(problems).toMatchObject([{ code: 'InvalidVariable', name: 'ORIGIN', value }])
  })

  test('a long value in the place of another setting is not shown: it may be a secret', () => {
    const { problems } = readSettings(env({ REGION: 'hush-hush hush-hush hush-hush', UNMATCHED: 'refused' }))
    expect(problems.map(({ value }) => value)).toEqual(['refused', '(29 characters, not shown)'])
  })

  test.each([
    ['off', 'off'],
    ['origin', 'origin'],
    ['1', 1],
    ['31536000', 31_536_000],
  ])('CACHE %s is %s', (text, cache) => {
    const { settings, problems } = readSettings(env({ CACHE: text }))
    expect([settings.cache, problems]).toEqual([cache, []])
  })

  test('SEAL_KEYS are 1 to 8 keys of 32 bytes, which no problem shows', () => {
    const key = (byte: number) => Buffer.alloc(32, byte).toString('base64')
    const read = (value: unknown) =>
      readSettings(
        env({ RESIGN: 'on', SEAL_KEYS: typeof value === 'string' ? value : JSON.stringify(value) }),
      )
    const { settings, problems } = read({ old: key(1), 'new_-2': key(2) })
    expect(problems).toEqual([])
    expect([...settings.sealKeys].map(([id, bytes]) => [id, [...bytes]])).toEqual([
      ['old', Array(32).fill(1)],
      ['new_-2', Array(32).fill(2)],
    ])
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`k${at}`, key(at)]))
    for (const value of [
      ...['{', '[]', 'null', '{}', 'key'],
      ...[many, { 'a.b': key(1) }, { ['x'.repeat(17)]: key(1) }, { '': key(1) }, { a: 1 }],
      ...[
        { a: Buffer.alloc(31).toString('base64') },
        { a: key(1).replace('=', '') },
        { a: key(255).replaceAll('/', '_') },
      ],
      { a: `${key(1).slice(0, -2)}B=` },
    ]) {
      const { problems: found } = read(value)
      expect(found, JSON.stringify(value)).toMatchObject([
        { code: 'InvalidVariable', name: 'SEAL_KEYS', value: '' },
      ])
    }
    expect(readSettings(env({ RESIGN: 'on' })).problems).toMatchObject([
      { code: 'MissingSecret', name: 'KEYS', accepted: expect.stringContaining('SEAL_KEYS') },
    ])
  })

  test('CACHE_PARAMETERS is a list of names, and nothing else', () => {
    const read = (text: string) => readSettings(env({ CACHE_PARAMETERS: text }))
    expect(read('size, lang').settings.cacheParameters).toEqual(['size', 'lang'])
    expect(read('').settings.cacheParameters).toEqual([])
    const many = Array.from({ length: 33 }, (_, at) => `p${at}`).join()
    for (const text of ['a=b', 'a b', 'a,,b', 'a&b', 'p%61', '*', 'x'.repeat(65), many])
      expect(read(text).problems, text).toMatchObject([{ name: 'CACHE_PARAMETERS' }])
  })

  test.each([
    ['GET', ['GET']],
    ['GET,HEAD', ['GET', 'HEAD']],
    ['PATCH, GET', ['PATCH', 'GET']],
  ])('METHODS %s is read', (text, methods) => {
    const { settings, problems } = readSettings(env({ METHODS: text }))
    expect([settings.methods, problems]).toEqual([methods, []])
  })

  test.each(['get', 'GET,GET', 'GET,', 'OPTIONS', 'GET;HEAD', '*', 'GET,HEAD,PUT,POST,DELETE,PATCH,GET'])(
    'METHODS %s is refused',
    text => {
      expect(readSettings(env({ METHODS: text })).problems).toMatchObject([{ name: 'METHODS' }])
    },
  )

  test.each(['0', '-1', '1.5', '31536001', 'on', '60s'])('CACHE %s is refused', text => {
    expect(readSettings(env({ CACHE: text })).problems).toMatchObject([{ name: 'CACHE', value: text }])
  })

  test.each([
    ['off', false, false],
    ['write-through', true, false],
    ['cron', false, true],
    ['cron, write-through', true, true],
  ])('SYNC %s is read', (SYNC, writeThrough, cron) => {
    const { settings, problems } = readSettings(env({ SYNC, SECRET_ID: 'a', SECRET_KEY: 'b' }))
    expect([settings.sync, problems]).toEqual([{ writeThrough, cron }, []])
  })

  test.each(['on', 'off,cron', 'cron,cron', 'cron,', 'write-through,cron,off', 'Cron'])(
    'SYNC %s is refused',
    text => {
      expect(readSettings(env({ SYNC: text })).problems).toMatchObject([{ name: 'SYNC', value: text }])
    },
  )

  test.each(['cron', 'write-through'])('SYNC=%s needs a key', SYNC => {
    expect(readSettings(env({ SYNC })).problems).toMatchObject([
      { code: 'MissingSecret', name: 'SECRET_KEY', value: '' },
    ])
  })

  const EVENTS = { writeDataPoint: () => {} }

  test.each([
    ['0', 0],
    ['1', 1],
    ['1.0', 1],
    ['.5', 0.5],
    ['0.000000001', 1e-9],
    ['', 1],
    [undefined, 1],
  ])('SAMPLE_ALLOWED %s, with EVENTS bound, is %s', (text, share) => {
    const { settings, problems } = readSettings(env({ EVENTS, SAMPLE_ALLOWED: text }))
    expect([settings.sampleAllowed, problems]).toEqual([share, []])
  })

  test.each(['-0.1', '1.1', '2', '1%', '1e-3', '0,5', '.', 'on', '0.0000000001'])(
    'SAMPLE_ALLOWED %s is refused',
    text => {
      const { problems } = readSettings(env({ SAMPLE_ALLOWED: text }))
      expect(problems).toMatchObject([{ code: 'InvalidVariable', name: 'SAMPLE_ALLOWED', value: text }])
    },
  )

  test.each([['edge_preflight'], [null], [{ fetch: () => {} }]])(
    'EVENTS that is no dataset is a problem: %j',
    events => {
      const { problems } = readSettings(env({ EVENTS: events }))
      expect(problems).toMatchObject([{ code: 'InvalidBinding', name: 'EVENTS', value: '' }])
    },
  )

  test('reports all problems at once', () => {
    const { problems } = readSettings({
      ORIGIN: 'service',
      DIALECT: 'S3',
      ORIGIN_TIMEOUT_MS: '0',
      DEBUG_REFUSALS: 'true',
      SAMPLE_ALLOWED: 'all',
    })
    expect(problems.map(({ code, name }) => `${code} ${name}`)).toEqual([
      'InvalidVariable DIALECT',
      'InvalidVariable ORIGIN_TIMEOUT_MS',
      'InvalidVariable DEBUG_REFUSALS',
      'InvalidVariable SAMPLE_ALLOWED',
      'MissingBinding RULES',
      'MissingBinding BUCKET',
    ])
  })
})

describe('readSettings() and secrets', () => {
  const SECRET = 'hush-hush'
  const read = (vars: Record<string, unknown>) => {
    const { settings, problems } = readSettings(env(vars))
    expect(JSON.stringify(problems)).not.toContain('hush')
    return { keys: [...settings.keys], problems: problems.map(({ code, name }) => `${code} ${name}`) }
  }

  test('SECRET_ID and SECRET_KEY are one more key, before that of KEYS', () => {
    const KEYS = JSON.stringify({ a: 'one', b: 'two' })
    expect(read({ KEYS, SECRET_ID: 'b', SECRET_KEY: SECRET, RESIGN: 'on', SIGNING: 's3' })).toEqual({
      keys: [
        ['a', 'one'],
        ['b', SECRET],
      ],
      problems: [],
    })
    expect(read({ KEYS, SECRET_ID: 'a', SIGNING: 'cos' }).problems).toEqual([])
  })

  test.each([
    [{ SIGNING: 's3' }, 'MissingSecret SECRET_ID'],
    [{ SIGNING: 's3', SECRET_KEY: SECRET }, 'MissingSecret SECRET_ID'],
    [{ SIGNING: 'cos', SECRET_ID: 'a' }, 'MissingSecret SECRET_KEY'],
    [{ SIGNING: 'cos', SECRET_ID: 'a', KEYS: `{"b":"${SECRET}"}` }, 'MissingSecret SECRET_KEY'],
    [{ RESIGN: 'on' }, 'MissingSecret KEYS'],
    [{ RESIGN: 'on', KEYS: '{}' }, 'MissingSecret KEYS'],
    [{ RESIGN: 'on', KEYS: `{"a":"${SECRET}"` }, 'InvalidVariable KEYS'],
    [{ KEYS: `["${SECRET}"]` }, 'InvalidVariable KEYS'],
    [{ SIGNING: 's3', SECRET_ID: 'a', SECRET_KEY: `${SECRET}\n` }, 'InvalidVariable SECRET_KEY'],
    [{ SIGNING: 's3', SECRET_ID: `${SECRET} `, SECRET_KEY: 'x' }, 'InvalidVariable SECRET_ID'],
    [{ SIGNING: 'aws' }, 'InvalidVariable SIGNING'],
    [{ RESIGN: 'true' }, 'InvalidVariable RESIGN'],
    [{ REGION: 'eu west' }, 'InvalidVariable REGION'],
  ])('%j is reported as %s, without the secret', (vars, problem) => {
    expect(read(vars).problems).toEqual([problem])
  })

  test('a secret that nothing needs may be missing', () => {
    expect(read({ SECRET_ID: 'a' })).toEqual({ keys: [], problems: [] })
  })
})

describe('readHostSettings()', () => {
  const base = readSettings(env({ ORIGIN: 'https://base.example' })).settings
  const read = (value: unknown) => readHostSettings(JSON.stringify(value), env({}), base)

  test('overrides the variables, field by field', () => {
    const { settings, problems } = read({
      origin: 'https://own.example/b',
      unmatched: 'forward',
      originTimeoutMs: 500,
    })
    expect(problems).toEqual([])
    expect(settings).toMatchObject({
      upstream: { kind: 'url', base: 'https://own.example/b' },
      unmatched: 'forward',
      upstreamTimeoutMs: 500,
      dialect: 'cos',
    })
  })

  test.each([
    [[]],
    ['text'],
    [null],
    [{ dialect: ['cos'] }],
    [{ policyTtlSeconds: 1 }],
    [{ origin: 'service' }],
  ])('%j is a problem', value => {
    expect(read(value).problems.length).toBe(1)
  })

  test('names a key of the edge to sign with; one that the edge does not have is a problem', () => {
    const keyed = readSettings(env({ KEYS: '{"a":"hush"}' })).settings
    const readKeyed = (value: unknown) => readHostSettings(JSON.stringify(value), env({}), keyed)
    const record = { signing: 's3', region: 'auto', secretId: 'a', resign: 'on' }
    const { settings, problems } = readKeyed(record)
    expect(problems).toEqual([])
    expect(settings).toMatchObject({ signing: 's3', region: 'auto', secretId: 'a', resign: true })
    expect(readKeyed({ ...record, secretId: 'b' }).problems).toMatchObject([{ code: 'MissingSecret' }])
    expect(readKeyed({ ...record, secretKey: 'hush' }).problems).toMatchObject([
      { code: 'InvalidBucketSettings', name: 'secretKey', value: '' },
    ])
  })

  test.each([
    ['{', 'JSON'],
    ['{"secretId":"AKIDhush","secretKey":"hush"', 'JSON'],
    ['["hush"]', 'a JSON object'],
    ['"hush"', 'a JSON object'],
  ])('shows nothing of the broken value %s', (text, accepted) => {
    const value = `(${text.length} characters, not shown)`
    expect(readHostSettings(text, env({}), base).problems).toMatchObject([{ accepted, value, name: '' }])
  })

  test('shows no field name that may be a secret', () => {
    const record = { originn: 'https://x.example', 'hush-hush-hush-hush-hush-hush': 'hush' }
    expect(read(record).problems.map(({ name }) => name)).toEqual(['originn', '(29 characters, not shown)'])
  })
})
