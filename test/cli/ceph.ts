/**
 * @module
 * The RADOS Gateway of Ceph, as recorded in test/fixtures/ceph. With CEPH_RGW, requests go to that gateway, and its
 * answers become the recording (test/fixtures/ceph/README.md).
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AwsClient } from 'aws4fetch'

const TRANSCRIPT = 'test/fixtures/ceph/transcript.json'
/** The rules of the recorded bucket. */
export const CEPH_RULES = readFileSync('test/fixtures/ceph/rules.xml', 'utf8')
/** The public object of the recorded bucket. */
export const CEPH_KEY = 'a b/é.txt'
const BUCKET = 'photos'

interface Answer {
  readonly status: number
  /** `Code` of the error document. */
  readonly code?: string
  /** `Access-Control-*` and `Vary`: name and value of each line, as sent. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

interface Exchange {
  /** Method and path, and what decides a CORS answer. */
  readonly request: Readonly<Record<string, string>>
  readonly answer: Answer
}

interface Transcript {
  readonly server: string
  readonly recorded: string
  readonly exchanges: readonly Exchange[]
}

export interface Ceph {
  readonly origin: string
  /** Requests that the transcript does not have. */
  readonly unknown: readonly string[]
  /** Requests of the transcript that were not sent. */
  unsent(): string[]
  stop(): void
}

const SENT = ['origin', 'access-control-request-method', 'access-control-request-headers']

function requestOf({ method = '', url = '', headers }: IncomingMessage): Exchange['request'] {
  const sent = SENT.flatMap(name => (headers[name] === undefined ? [] : [[name, String(headers[name])]]))
  return { method, path: url, ...Object.fromEntries(sent) }
}

/** Starts the recorded gateway on loopback, its bucket at `/`. */
export async function startCeph(): Promise<Ceph> {
  const gateway = process.env.CEPH_RGW
  if (gateway !== undefined) await fill(gateway)
  const { exchanges }: Transcript =
    gateway === undefined ? JSON.parse(readFileSync(TRANSCRIPT, 'utf8')) : { exchanges: [] }
  const answers = new Map(exchanges.map(({ request, answer }) => [JSON.stringify(request), answer]))
  const sent = new Set<string>()
  const unknown: string[] = []
  const server = createServer({ maxHeaderSize: 64 * 1024 }, async (incoming, response) => {
    const key = JSON.stringify(requestOf(incoming))
    sent.add(key)
    if (gateway !== undefined) answers.set(key, await ask(gateway, incoming))
    const answer = answers.get(key)
    if (answer === undefined) unknown.push(key)
    give(response, answer)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    unknown,
    unsent: () => [...answers.keys()].filter(key => !sent.has(key)),
    stop: () => {
      server.closeAllConnections()
      server.close()
      if (gateway !== undefined) write(answers)
    },
  }
}

function give(response: ServerResponse, answer: Answer | undefined): void {
  if (answer === undefined) {
    response.destroy()
    return
  }
  const { status, code, headers } = answer
  response.writeHead(status, headers.flat())
  const error = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`
  response.end(status >= 400 ? error : 'object')
}

/** Sends the same request to the gateway, whose bucket is the first segment of the path. */
function ask(gateway: string, { method, url, rawHeaders }: IncomingMessage): Promise<Answer> {
  const { hostname, port, host } = new URL(gateway)
  const headers: string[] = ['Host', host]
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (SENT.includes(rawHeaders[at]?.toLowerCase() ?? ''))
      headers.push(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '')
  return new Promise((resolve, reject) => {
    const options = { hostname, port, method, path: `/${BUCKET}${url}`, headers, setHost: false }
    const asked = httpRequest(options, async response => {
      const text = (await response.setEncoding('utf8').toArray()).join('')
      const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1]
      const lines = response.rawHeaders.flatMap((name, at, all) =>
        at % 2 === 0 && /^(?:access-control-.*|vary)$/i.test(name)
          ? [[name, all[at + 1] ?? ''] as const]
          : [],
      )
      resolve({ status: response.statusCode ?? 0, ...(code === undefined ? {} : { code }), headers: lines })
    })
    asked.on('error', reject)
    asked.end()
  })
}

/** Creates the bucket with its rules and its public object. */
async function fill(gateway: string): Promise<void> {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = process.env
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'us-east-1' })
  const put = async (path: string, body: string, headers: Record<string, string> = {}) => {
    const { status, ok } = await client.fetch(`${gateway}/${BUCKET}${path}`, { method: 'PUT', body, headers })
    if (!ok) throw new Error(`PUT /${BUCKET}${path}: ${status}`)
  }
  await put('', '')
  await put('?cors', CEPH_RULES)
  await put(`/${encodeURI(CEPH_KEY)}`, 'object', { 'x-amz-acl': 'public-read' })
}

/** Writes the transcript: one exchange a line. */
function write(answers: ReadonlyMap<string, Answer>): void {
  const lines = [...answers].map(
    ([request, answer]) => `{"request":${request},"answer":${JSON.stringify(answer)}}`,
  )
  const head = {
    server: `Ceph RADOS Gateway ${process.env.CEPH_VERSION}`,
    recorded: new Date().toISOString().slice(0, 10),
  }
  writeFileSync(
    TRANSCRIPT,
    `${JSON.stringify(head).slice(0, -1)},"exchanges":[\n${lines.sort().join(',\n')}\n]}\n`,
  )
}
