import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { clientsDocument, DOCUMENT } from '../../../scripts/clients-document.ts'
import { CLIENTS, clientOf } from '../../../src/clients/clients.ts'
import { missingFor } from '../../../src/clients/needs.ts'
import { recognise } from '../../../src/clients/recognise.ts'
import { starterRules } from '../../../src/clients/starter.ts'
import { type Configuration, METHODS, type Rule } from '../../../src/cors/configuration.ts'
import { decide } from '../../../src/cors/decide.ts'
import { compile, hydrate } from '../../../src/cors/policy.ts'

const ORIGIN = 'https://app.example.com'
const client = (id: string) => {
  const found = clientOf(id)
  if (found === null) throw new Error(`${id} is not recorded`)
  return found
}
const errorsOf = (configuration: Configuration, id: string) =>
  missingFor(configuration, client(id)).filter(({ severity }) => severity === 'error')

describe('the recorded clients', () => {
  test('are all files of src/clients, each under its ID', () => {
    const files = globSync('src/clients/*.json').map(file => file.replaceAll('\\', '/'))
    expect(CLIENTS.map(({ id }) => `src/clients/${id}.json`).sort()).toEqual(files.sort())
  })

  test.each(CLIENTS)('$id has the form that the types say', ({ operations }) => {
    expect(operations.length).toBeGreaterThan(0)
    expect(new Set(operations.map(({ name }) => name)).size).toBe(operations.length)
    for (const { requests, reads } of operations) {
      expect(requests.length).toBeGreaterThan(0)
      for (const { method, preflight, headers } of requests) {
        expect(METHODS).toContain(method)
        expect(headers).toEqual([...headers].map(name => name.toLowerCase()).sort())
        if (!preflight) expect(headers).toEqual([])
      }
      for (const { header, methods, need, without } of reads) {
        expect(header).toBe(header.toLowerCase())
        expect(methods.length).toBeGreaterThan(0)
        for (const method of methods) expect(requests.map(request => request.method)).toContain(method)
        expect(['required', 'optional']).toContain(need)
        expect(without).not.toBe('')
      }
    }
  })

  test('are of the versions that tools/clients/package-lock.json installs', () => {
    const { packages } = JSON.parse(readFileSync('tools/clients/package-lock.json', 'utf8')) as {
      packages: Record<string, { version?: string }>
    }
    const recorded = CLIENTS.filter(each => each.package !== null)
    expect(recorded.map(each => [each.package, each.version])).toEqual(
      recorded.map(each => [each.package, packages[`node_modules/${each.package}`]?.version]),
    )
  })
})

test('docs/clients.md is what the data says', () => {
  expect(readFileSync(DOCUMENT, 'utf8'), 'node scripts/clients-document.ts writes it').toBe(clientsDocument())
})

describe.each(CLIENTS)('starterRules() for $id', each => {
  const configuration = starterRules([each], [ORIGIN])
  const [rule] = configuration.rules

  test.each(['cos', 's3'] as const)('allows every request of it in the dialect %s', dialect => {
    const policy = hydrate(compile(configuration, dialect))
    for (const { method, headers } of each.operations.flatMap(({ requests }) => requests)) {
      const requestedHeaders = headers.length === 0 ? null : headers.join(',')
      expect(decide(policy, { origin: ORIGIN, method, requestedHeaders }).outcome).toBe('allowed')
    }
  })

  test('lacks nothing, and lacks each entry that is taken out', () => {
    if (rule === undefined) throw new Error('there is no rule')
    expect(errorsOf(configuration, each.id)).toEqual([])
    const without = <Key extends 'allowedMethods' | 'allowedHeaders' | 'exposeHeaders'>(key: Key): Rule[] =>
      rule[key].map(entry => ({ ...rule, [key]: rule[key].filter(other => other !== entry) }))
    for (const less of [
      ...without('allowedMethods'),
      ...without('allowedHeaders'),
      ...without('exposeHeaders'),
    ])
      expect(errorsOf({ rules: [less], responseVary: false }, each.id).length).toBe(1)
  })

  test('with optional exposes all that it reads', () => {
    expect(missingFor(starterRules([each], [ORIGIN], { optional: true }), each)).toEqual([])
  })
})

const rules = (...parts: Partial<Rule>[]): Configuration => ({
  rules: parts.map(part => ({
    id: null,
    allowedOrigins: [ORIGIN],
    allowedMethods: ['GET'],
    allowedHeaders: [],
    exposeHeaders: [],
    maxAgeSeconds: null,
    ...part,
  })),
  responseVary: false,
})

describe('missingFor() names exactly what common configurations lack', () => {
  const lacks = (configuration: Configuration, id: string) =>
    errorsOf(configuration, id).map(({ code, path, value }) => `${path} ${code} ${value}`)

  test('public read, for PDF.js', () => {
    expect(lacks(rules({ allowedOrigins: ['*'], allowedMethods: ['GET', 'HEAD'] }), 'pdfjs-dist')).toEqual([
      'CORSRule[1] client-expose-missing accept-ranges',
    ])
  })

  test('uploads with all headers but no reads, for AWS SDK v3', () => {
    const configuration = rules({ allowedMethods: ['PUT', 'POST', 'DELETE'], allowedHeaders: ['*'] })
    expect(lacks(configuration, 'aws-sdk-v3')).toEqual(
      expect.arrayContaining([
        'CORSRule[1] client-method-missing GET',
        'CORSRule[1] client-method-missing HEAD',
      ]),
    )
  })

  test('presigned uploads with content-type, for Dropzone', () => {
    const configuration = rules({ allowedMethods: ['PUT'], allowedHeaders: ['Content-Type'] })
    expect(lacks(configuration, 'dropzone')).toEqual([
      'CORSRule[1] client-header-missing cache-control',
      'CORSRule[1] client-header-missing x-requested-with',
    ])
  })

  test('all headers and methods without an exposed ETag, for multipart uploads of Uppy', () => {
    const configuration = rules({
      allowedMethods: METHODS,
      allowedHeaders: ['*'],
      exposeHeaders: ['x-amz-request-id'],
    })
    expect(lacks(configuration, 'uppy-aws-s3')).toEqual(['CORSRule[1] client-expose-missing etag'])
  })

  test('names of an older AWS SDK, for AWS SDK v3 of today', () => {
    const headers = [
      'authorization',
      'content-type',
      'x-amz-date',
      'x-amz-content-sha256',
      'x-amz-user-agent',
    ]
    const configuration = rules({ allowedMethods: METHODS, allowedHeaders: headers, exposeHeaders: ['ETag'] })
    expect(lacks(configuration, 'aws-sdk-v3')).toEqual(
      [
        'amz-sdk-invocation-id',
        'amz-sdk-request',
        'cache-control',
        'x-amz-checksum-algorithm',
        'x-amz-checksum-crc32',
        'x-amz-checksum-mode',
        'x-amz-meta-author',
        'x-amz-sdk-checksum-algorithm',
        'x-amz-security-token',
      ].map(name => `CORSRule[1] client-header-missing ${name}`),
    )
  })

  test('of two rules, the one that lacks less is named', () => {
    const upload = { allowedMethods: ['PUT'], allowedHeaders: ['content-type', 'cache-control'] } as const
    expect(lacks(rules({}, upload), 'dropzone')).toEqual([
      'CORSRule[2] client-header-missing x-requested-with',
    ])
  })
})

describe('recognise()', () => {
  test('names the operation and what else it asks for', () => {
    const found = recognise('PUT', ['Authorization', 'x-amz-sdk-checksum-algorithm', 'x-amz-checksum-crc32'])
    expect(found?.client.id).toBe('aws-sdk-v3')
    expect(found?.others).toContain('amz-sdk-invocation-id')
    expect(found?.others).not.toContain('authorization')
  })

  test('names no client by names that several ask for, or that none does', () => {
    expect(recognise('PUT', ['content-type'])).toBeNull()
    expect(recognise('PUT', ['x-unheard-of'])).toBeNull()
    expect(recognise('GET', [])).toBeNull()
  })
})
