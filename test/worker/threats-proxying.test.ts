/**
 * What went wrong in proxies: a refusal that held on one path only, internal texts in answers, and signatures that
 * were compared byte by byte. What other files of this folder show is not repeated; test/conformance/README.md says
 * what stands where.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseAst } from 'vitest/node'
import { type Circumstances, FaultyEdge, INTERNAL } from './faulty-kv.ts'
import { type Answer, Edge } from './harness.ts'
import { exchange, parse, requestBytes, valuesOf, WireBucket } from './wire.ts'

const APP = 'https://app.example'
const EVIL = 'https://evil.example'
const RULES = JSON.stringify([
  { AllowedOrigins: [APP], AllowedMethods: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'], AllowedHeaders: ['*'] },
])

let bucket: WireBucket
beforeAll(async () => {
  bucket = await WireBucket.start()
})
afterAll(() => bucket.stop())
beforeEach(() => {
  bucket.received.length = 0
})

describe('a refusal', () => {
  const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS']
  const TARGETS = [
    ...['/k', '/', '//', '//k', '/k/', '/.k', '/k.', '/%6b', '/a%2fk', '/a%2f..%2fk', '/a%5c..%5ck', '/%00'],
    ...['/?cors', '/k?acl', '/k?uploads', '/k?cors&x=/../', '/k?q-signature=s', '/k?X-Amz-Signature=s'],
    ...['/a/../k', '/a/%2e%2e/k', '/./k', '/a\\..\\k'],
    ...['http://edge.example/k', 'https://edge.example:8443/k', 'http://other.example/k'],
  ]
  const HOSTS = [
    ...['edge.example', 'EDGE.Example', 'edge.example:80', 'edge.example:8443', 'edge.example.'],
    ...['x@edge.example', 'edge.example/k', 'edge.example#', 'edge.example?x'],
  ]
  /** What may make a proxy, or the bucket behind it, see another request. */
  const HEADERS = [
    ...['X-HTTP-Method-Override: GET', 'X-Original-URL: /public', 'X-Forwarded-Host: other.example'],
    ...['Authorization: q-sign-algorithm=sha1', 'Range: bytes=0-0', 'Access-Control-Request-Method: GET'],
    ...[
      'Access-Control-Request-Headers: x',
      'Cookie: a=1',
      'Connection: origin',
      'Connection: close, origin',
    ],
  ]
  let edge: Edge

  beforeAll(async () => {
    edge = await Edge.start({
      vars: { ORIGIN: bucket.origin, METHODS: 'GET,HEAD,PUT,POST,DELETE,PATCH' },
      rules: { 'cors:edge.example': RULES, 'cors:default': RULES },
    })
  })
  afterAll(() => edge.stop())

  /** Sends it, and holds that it is refused: no CORS header, and nothing has reached the bucket. */
  async function isRefused(method: string, target: string, host: string, headers: string[]): Promise<void> {
    const preflight = method === 'OPTIONS' ? ['Access-Control-Request-Method: GET'] : []
    const bytes = requestBytes(method, target, [
      `Origin: ${EVIL}`,
      ...preflight,
      ...headers,
      'Content-Length: 0',
    ])
    const answer = parse(await exchange(edge.origin, bytes.replace('Host: edge.example', `Host: ${host}`)))
    const sent = `${method} ${target} at ${host} with ${headers}`
    expect(['400', '403'], sent).toContain(answer.line.split(' ')[1])
    expect(answer.headers.filter(([name]) => name.startsWith('access-control-'))).toEqual([])
    expect(bucket.received, sent).toEqual([])
  }

  test.each(METHODS)('held on one path, or by one method: %s is refused on all of them', async method => {
    await Promise.all([
      ...TARGETS.map(target => isRefused(method, target, 'edge.example', [])),
      ...HOSTS.map(host => isRefused(method, '/k', host, [])),
      ...HEADERS.map(header => isRefused(method, '/k', 'edge.example', [header])),
    ])
  })

  test('held for one spelling of the host: its rules are those of every spelling', async () => {
    await edge.putRules('cors:spelled.example', RULES)
    await edge.deleteRules('cors:default')
    for (const host of ['spelled.example', 'SPELLED.Example', 'spelled.example:8443', 'spelled.example.'])
      await isRefused('GET', '/k', host, [])
    await edge.putRules('cors:default', RULES)
  })

  test('is no accident: the same requests of an allowed origin reach the bucket', async () => {
    for (const target of TARGETS.slice(0, 12)) {
      bucket.received.length = 0
      const answer = parse(await exchange(edge.origin, requestBytes('GET', target, [`Origin: ${APP}`])))
      expect([answer.line, bucket.received.length], target).toEqual(['HTTP/1.1 200 OK', 1])
      expect(valuesOf(answer, 'access-control-allow-origin')).toEqual([APP])
    }
  })
})

describe('an internal error', () => {
  let edge: FaultyEdge
  let isolates = 0

  beforeAll(async () => {
    edge = await FaultyEdge.start({ ORIGIN: 'service', DEBUG_REFUSALS: 'on' })
    await edge.put('cors:edge.example', RULES)
    await edge.put('cors:s3.example', RULES)
    await edge.put('bucket:s3.example', '{"dialect":"s3"}')
  })
  afterAll(() => edge.stop())
  beforeEach(() => {
    edge.log.length = 0
  })

  const ask = (method: string, circumstances: Circumstances): Promise<Answer> => {
    const headers = {
      origin: APP,
      ...(method === 'OPTIONS' ? { 'access-control-request-method': 'GET' } : {}),
    }
    return edge.send(`throwing-${++isolates}`, '/k?secret=1', { method, headers }, circumstances)
  }

  /** Everything that is in an answer, as one text. */
  const allOf = ({ headers, text }: Answer) => `${JSON.stringify(headers)}\n${text}`

  test.each(['GET', 'PUT', 'OPTIONS'])(
    'put its text into the answer to %s: what throws becomes a fixed document with a request id, which the log has',
    async method => {
      const answer = await ask(method, { throws: 'waitUntil' })
      const [id, trace] = [answer.headers['x-cos-request-id'], answer.headers['x-cos-trace-id']]
      expect(answer.status).toBe(500)
      expect(answer.text).toBe(
        `<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>InternalError</Code>\n\t<Message>The edge met an unexpected condition. Its log holds the request id.</Message>\n\t<Resource>edge.example/k</Resource>\n\t<RequestId>${id}</RequestId>\n\t<TraceId>${trace}</TraceId>\n</Error>`,
      )
      expect(Object.keys(answer.headers).sort()).toEqual([
        ...['content-length', 'content-type', 'x-content-type-options', 'x-cos-request-id', 'x-cos-trace-id'],
      ])
      const [line = '', ...more] = (await edge.wholeLog()).filter(each => each.includes('internal-error'))
      expect([line.includes(INTERNAL), line.includes(String(id)), more.length]).toEqual([true, true, 0])
    },
  )

  test('put its text into the answer to HEAD, which has no body at all', async () => {
    const answer = await ask('HEAD', { throws: 'waitUntil' })
    expect([answer.status, answer.text, allOf(answer).includes('secret')]).toEqual([500, '', false])
  })

  test('of the connection to the bucket revealed its address: the 502 does not name it', async () => {
    const answer = await ask('GET', { throws: 'bucket' })
    expect(answer.status).toBe(502)
    expect(answer.text).toContain(
      '<Message>The bucket could not be reached or its answer could not be read.<',
    )
    for (const internal of [INTERNAL, '10.0.0.7', 'secret', '.js', ' at '])
      expect(allOf(answer)).not.toContain(internal)
    expect((await edge.wholeLog()).join('\n')).toContain(INTERNAL)
  })
})

/**
 * How long a comparison takes can't be measured through a network of this process's own, so what is held is the
 * way: a digest goes nowhere but into `crypto.subtle.verify`, or into a loop that looks at every character.
 */
describe('a signature', () => {
  type Node = Record<string, unknown>
  const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

  /** Every node of a type in a source text. */
  function nodesOf(source: string, type: string): Node[] {
    const found: Node[] = []
    const visit = (value: unknown): void => {
      if (Array.isArray(value)) for (const item of value) visit(item)
      if (!isNode(value) || Array.isArray(value)) return
      if (value.type === type) found.push(value)
      for (const child of Object.values(value)) visit(child)
    }
    visit(parseAst(source, { lang: 'ts' }).body)
    return found
  }

  /** Comparisons whose operands name a digest, a signature or a secret. */
  const COMPARED = /digest|signature\(\)|secret|claimed/i
  const leakyComparisons = (source: string): string[] => {
    const text = (node: unknown) => (isNode(node) ? source.slice(Number(node.start), Number(node.end)) : '')
    const byOperator = nodesOf(source, 'BinaryExpression')
      .filter(({ operator }) => ['==', '===', '!=', '!=='].includes(String(operator)))
      .filter(
        ({ left, right }) => ![text(left), text(right)].some(side => /^(?:undefined|null|'')$/.test(side)),
      )
    const byMethod = nodesOf(source, 'CallExpression').filter(({ callee }) =>
      /\.(?:startsWith|endsWith|localeCompare|includes|indexOf|equals)$/.test(text(callee)),
    )
    return [...byOperator, ...byMethod].map(text).filter(each => COMPARED.test(each))
  }

  test('was compared byte by byte: no digest of a client is compared but in constant time', () => {
    expect(leakyComparisons('if (digest === signature.digest) x()')).toHaveLength(1)
    expect(leakyComparisons('const same = (await signer.signature()) === text')).toHaveLength(1)
    expect(leakyComparisons("if (secret === '' || digest === null) x()")).toEqual([])
    const folder = new URL('../../src/bucket/', import.meta.url)
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name =>
      name.endsWith('.ts'),
    )
    expect(files.length).toBeGreaterThan(10)
    const leaky = files.flatMap(name =>
      leakyComparisons(readFileSync(new URL(name, folder), 'utf8')).map(each => `${name}: ${each}`),
    )
    expect(leaky).toEqual([])
  })

  test('was compared byte by byte: COS’s goes into crypto.subtle.verify, S3’s into a loop without a way out', () => {
    const read = (name: string) =>
      readFileSync(new URL(`../../src/bucket/signing/${name}`, import.meta.url), 'utf8')
    expect(read('sign-cos.ts')).toMatch(/crypto\.subtle\.verify\('HMAC', signing, claimed, text\)/)
    const s3 = read('sign-s3.ts')
    expect(s3).toMatch(/isSame\(await signer\.signature\(\), signature\.digest\)/)
    const [isSame] = nodesOf(s3, 'FunctionDeclaration').filter(({ id }) => isNode(id) && id.name === 'isSame')
    const body = s3.slice(Number(isSame?.start), Number(isSame?.end))
    const [loop, ...loops] = nodesOf(body, 'ForStatement')
    expect(loops).toEqual([])
    expect(body.slice(Number(loop?.start), Number(loop?.end))).not.toMatch(/return|break|\bif\b|&&|\|\||\?/)
    expect(nodesOf(body, 'ReturnStatement')).toHaveLength(1)
  })
})
