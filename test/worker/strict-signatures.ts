/**
 * @module
 * Verifiers of COS and SigV4 signatures, written from the vendors' documents with `node:crypto` alone: they share no
 * code with the edge. They judge a request as a strict bucket does, from what arrived on the wire.
 */

import { createHash, createHmac } from 'node:crypto'
import type { Received } from './harness.ts'

export interface StoreKey {
  readonly id: string
  readonly secret: string
  readonly token: string
  /** The longest validity that is expected of the signature. */
  readonly maxSeconds?: number
}

const sha = (name: 'sha1' | 'sha256', text: string | Buffer) => createHash(name).update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

function parts({ url }: Received): { path: string; params: [string, string][] } {
  const mark = url.indexOf('?')
  const path = mark === -1 ? url : url.slice(0, mark)
  const query = mark === -1 ? '' : url.slice(mark + 1)
  const params = query
    .split('&')
    .filter(pair => pair !== '')
    .map((pair): [string, string] => {
      const [name = '', ...rest] = pair.split('=')
      return [decodeURIComponent(name), decodeURIComponent(rest.join('='))]
    })
  return { path, params }
}

const headerOf = ({ headers }: Received, name: string): string => String(headers[name] ?? '')

/** Returns 'ok', or what a strict S3 would refuse. */
export function verifySigV4(request: Received, key: StoreKey): string {
  const { path, params } = parts(request)
  const param = (name: string) => params.find(([each]) => each === name)?.[1]
  const authorization = headerOf(request, 'authorization')
  const isQuery = authorization === ''
  const field = (name: string) => new RegExp(`${name}=([^,]+)`).exec(authorization)?.[1]?.trim() ?? ''
  const credential = isQuery ? (param('X-Amz-Credential') ?? '') : field('Credential')
  const signedHeaders = (isQuery ? (param('X-Amz-SignedHeaders') ?? '') : field('SignedHeaders')).split(';')
  const signature = isQuery ? param('X-Amz-Signature') : field('Signature')
  const date = isQuery ? (param('X-Amz-Date') ?? '') : headerOf(request, 'x-amz-date')
  const token = isQuery ? param('X-Amz-Security-Token') : headerOf(request, 'x-amz-security-token')
  const [id, day = '', region = '', service, end] = credential.split('/')
  if (id !== key.id) return `another access key ID: ${id}`
  if ((token ?? '') !== key.token) return `another token: ${token}`
  if (service !== 's3' || end !== 'aws4_request' || day !== date.slice(0, 8)) return `scope ${credential}`
  const uncovered = Object.keys(request.headers).filter(
    name => (name.startsWith('x-amz-') || name === 'host') && !signedHeaders.includes(name),
  )
  if (uncovered.length > 0) return `not covered: ${uncovered}`
  const at = Date.parse(date.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z'))
  const age = (Date.now() - at) / 1000
  if (isQuery && !(age > -60 && age < Number(param('X-Amz-Expires')))) return 'expired'
  if (isQuery && Number(param('X-Amz-Expires')) > (key.maxSeconds ?? 300)) return 'longer than expected'
  if (!isQuery && Math.abs(age) > 900) return 'skewed'
  const query = params
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => byText(a, b) || byText(x, y))
    .map(pair => pair.join('='))
    .join('&')
  const hash = isQuery ? 'UNSIGNED-PAYLOAD' : headerOf(request, 'x-amz-content-sha256')
  if (/^[0-9a-f]{64}$/.test(hash) && hash !== sha('sha256', request.body)) return 'another payload'
  const canonical = [
    request.method,
    path
      .split('/')
      .map(part => encode(decodeURIComponent(part)))
      .join('/'),
    query,
    ...signedHeaders.map(name => `${name}:${headerOf(request, name).trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    hash,
  ].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const text = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha('sha256', canonical)}`
  const signing = [day, region, 's3', 'aws4_request'].reduce<Buffer>(
    (secret, part) => hmac(secret, part),
    Buffer.from(`AWS4${key.secret}`),
  )
  return hmac(signing, text).toString('hex') === signature ? 'ok' : `mismatch of\n${canonical}`
}

/** Returns 'ok', or what a strict COS would refuse. */
export function verifyCosSignature(request: Received, key: StoreKey): string {
  const { path, params } = parts(request)
  const fields = new Map(
    headerOf(request, 'authorization')
      .split('&')
      .map(pair => pair.split('=') as [string, string]),
  )
  const [keyTime = '', signTime = ''] = [fields.get('q-key-time'), fields.get('q-sign-time')]
  if (fields.get('q-ak') !== key.id) return `another access key ID: ${fields.get('q-ak')}`
  if (headerOf(request, 'x-cos-security-token') !== key.token) return 'another token'
  if (params.some(([name]) => /security-token/i.test(name))) return 'a token in the query'
  const [start = 0, end = 0] = keyTime.split(';').map(Number)
  const now = Date.now() / 1000
  if (!(start <= now && now <= end)) return `outside ${keyTime}`
  if (end - now > (key.maxSeconds ?? 300) + 1) return 'longer than expected'
  const list = (name: string) => (fields.get(name) ?? '').split(';').filter(each => each !== '')
  const line = (names: string[], value: (name: string) => string) =>
    names.map(name => `${name}=${encode(value(name))}`).join('&')
  const byName = new Map(params.map(([name, value]) => [encode(name).toLowerCase(), value]))
  const text = [
    request.method.toLowerCase(),
    decodeURIComponent(path),
    line(list('q-url-param-list'), name => byName.get(name) ?? ''),
    line(list('q-header-list'), name => headerOf(request, name)),
    '',
  ].join('\n')
  const sha1 = (secret: string, value: string) => createHmac('sha1', secret).update(value).digest('hex')
  const expected = sha1(sha1(key.secret, keyTime), `sha1\n${signTime}\n${sha('sha1', text)}\n`)
  return expected === fields.get('q-signature') ? 'ok' : `mismatch of\n${text}`
}
