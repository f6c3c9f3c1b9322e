import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { readXml } from '../../src/formats/xml.ts'
import { S3_BUCKET, S3_KEY, startPrivateBuckets } from '../worker/private-buckets.ts'
import { type DemoBucket, KEY, startDemoBucket } from './demo-bucket.ts'
import { Project } from './rules.ts'

const RULES = readFileSync('test/fixtures/rules/cos-sample.xml', 'utf8')
const ENV = { SECRET_ID: KEY.SecretId, SECRET_KEY: KEY.SecretKey, REGION: '' }

let bucket: DemoBucket
const here = new Project()
beforeAll(async () => {
  bucket = await startDemoBucket()
})
afterAll(async () => {
  here.remove()
  await bucket.stop()
})

const pull = (args: string[] = [], env: Record<string, string> = {}, from = bucket.origin) =>
  here.run(['pull', '--bucket', from, ...args], { env: { ...ENV, ...env } })

/** A server on loopback that answers everything the same way. */
async function server(answer: RequestListener): Promise<string> {
  const listening = createServer(answer)
  await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    listening.closeAllConnections()
    listening.close()
  })
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`
}

describe('rules pull', { timeout: 60_000 }, () => {
  test('has no default for --region but what the help says', async () => {
    expect((await here.run(['pull', '--help'])).out).not.toContain('(default: "")')
  })

  test("writes the bucket's rules once, and never over another file unasked", async () => {
    await bucket.putCors(RULES)
    const first = await pull(['--out', 'pulled.xml'])
    expect([first.code, first.out]).toEqual([0, ''])
    expect(first.err).toContain('pulled.xml: 1 rule, ')
    const written = readFileSync(join(here.folder, 'pulled.xml'), 'utf8')
    expect(readXml(written).configuration).toEqual(readXml(RULES).configuration)

    await bucket.putCors(RULES.replace('<MaxAgeSeconds>600', '<MaxAgeSeconds>60'))
    const second = await pull(['--out', 'pulled.xml'])
    expect(second).toMatchObject({ code: 2, out: '' })
    expect(second.err).toMatch(/^pulled\.xml: the file exists already and was not changed\. .+\n$/)
    expect(readFileSync(join(here.folder, 'pulled.xml'), 'utf8')).toBe(written)
    expect((await pull(['--out', 'pulled.xml', '--force'])).code).toBe(0)
    expect(readFileSync(join(here.folder, 'pulled.xml'), 'utf8')).toContain('>60<')
    expect(readdirSync(here.folder).filter(name => name.startsWith('.rules'))).toEqual([])
  })

  test('prints the rules, or one JSON document, where no file is named', async () => {
    await bucket.putCors(RULES)
    const printed = await pull()
    expect(readXml(printed.out).configuration).toEqual(readXml(RULES).configuration)
    const json = JSON.parse((await pull(['--json'])).out)
    expect(json).toMatchObject({ source: `${bucket.origin}/?cors`, rules: 1, out: null, failed: false })
    expect(json.text).toBe(printed.out)
  })

  test('says that a bucket has no rules, and writes nothing', async () => {
    await bucket.putCors(null)
    expect(await pull(['--out', 'none.xml'])).toEqual({
      code: 1,
      out: '',
      err: `${bucket.origin} has no CORS configuration, so there is nothing to pull.\n`,
    })
    expect(readdirSync(here.folder)).not.toContain('none.xml')
  })

  test.each([
    [
      'the secret',
      { SECRET_KEY: 'wrong' },
      'the signature is wrong: check SECRET_KEY',
      'SignatureDoesNotMatch',
    ],
    [
      'the key',
      { SECRET_ID: 'AKIDother' },
      'the bucket does not know the key: check SECRET_ID',
      'InvalidAccessKeyId',
    ],
  ])('says in one sentence that %s is wrong, and no secret', async (_, env, sentence, code) => {
    const { code: exit, out, err } = await pull([], env)
    expect([exit, out]).toEqual([2, ''])
    expect(err).toContain(`${bucket.origin}: ${sentence}`)
    expect(err).toContain(`HTTP 403, ${code}`)
    expect(err.trimEnd()).not.toContain('\n')
    expect(err).not.toContain(KEY.SecretKey)
  })

  test('reports missing and wrong options', async () => {
    expect((await pull([], { SECRET_KEY: '' })).err).toMatch(
      /^The environment variable SECRET_KEY is not set\. .+\n$/,
    )
    for (const url of [
      'http://bucket.example',
      'bucket.example',
      'https://a@b.example',
      'https://b.example/?x',
    ]) {
      const { code, err } = await pull([], {}, url)
      expect([code, err]).toEqual([
        2,
        expect.stringMatching(/^--bucket: ".+" is not a valid server URL\. Accepted: https:\/\/host.+\n$/),
      ])
    }
  })

  test.each<[string, RequestListener, RegExp]>([
    [
      'answers with a page',
      (_, response) => response.end('<html></html>'),
      /root-wrong.*\n {2}reason {2}The document is a web page/,
    ],
    [
      'answers without end',
      (_, response) => void response.write(' '.repeat(70_000)),
      /longer than any CORS configuration/,
    ],
    [
      'redirects',
      (_, response) => response.writeHead(301, { location: 'https://x.example' }).end(),
      /the bucket redirects to another URL/,
    ],
    [
      'hides controls in its error',
      (_, response) => response.writeHead(400).end('<Code>A\u001b[2J</Code>'),
      /A\\u001b\[2J/,
    ],
  ])('writes nothing for a server that %s', async (_, answer, sentence) => {
    const { code, out, err } = await pull(['--out', 'bad.xml'], {}, await server(answer))
    expect(code).toBeGreaterThan(0)
    expect(out).toBe('')
    expect(err).toMatch(sentence)
    expect(readdirSync(here.folder)).not.toContain('bad.xml')
  })

  test('says that nobody answers', async () => {
    const { code, err } = await pull([], {}, 'http://127.0.0.1:9')
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/could not be reached .+ Check the URL and the network\.\n$/),
    ])
  })

  test('signs for S3, in the path style as well', async () => {
    const seen: (string | undefined)[] = []
    const origin = await server((request, response) => {
      seen.push(request.url, request.headers.authorization)
      response.end(RULES)
    })
    const pulled = await pull(['--dialect', 's3', '--region', 'eu-west-1'], {}, `${origin}/photos/`)
    expect(pulled.code).toBe(0)
    expect(seen).toEqual([
      '/photos/?cors',
      expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=AKIDdemo\/\d{8}\/eu-west-1\/s3\/aws4_request, /),
    ])
  })

  test('is let in by a bucket that checks S3 signatures', async () => {
    const { s3, stop } = await startPrivateBuckets()
    try {
      const env = { SECRET_ID: S3_KEY.accessKeyId, SECRET_KEY: S3_KEY.secretAccessKey }
      // wrangler's local R2 checks the signature, and has no ?cors.
      const right = await pull(['--dialect', 's3'], env, `${s3}/${S3_BUCKET}`)
      expect(right.err).toContain('HTTP 501')
      const wrong = await pull(['--dialect', 's3'], { ...env, SECRET_KEY: 'wrong' }, `${s3}/${S3_BUCKET}`)
      expect(wrong.err).toContain('HTTP 403, SignatureDoesNotMatch')
    } finally {
      await stop()
    }
  })
})
