/**
 * Large bodies and broken connections: memory stays flat, an end on one side is an end on the other, and a body
 * that was cut off never looks whole. STREAM_GIB=1 moves 1 GiB down and 512 MiB up.
 */

import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Edge } from './harness.ts'
import { growthDuring, TELLS_MEMORY, workerds } from './memory.ts'
import { Connection, parse, requestBytes, responseBytes, WireBucket } from './wire.ts'

const MIB = 1024 * 1024
const DOWN_MIB = Number(process.env.STREAM_GIB ?? '0.25') * 1024
const UP_MIB = DOWN_MIB / 2
const MAX_GROWTH = 64 * MIB

let bucket: WireBucket
let edge: Edge
let workerd: number

beforeAll(async () => {
  bucket = await WireBucket.start()
  const before = TELLS_MEMORY ? workerds() : []
  edge = await Edge.start({ vars: { ORIGIN: bucket.origin } })
  workerd = TELLS_MEMORY ? (workerds().find(pid => !before.includes(pid)) ?? 0) : 0
})
afterAll(() => Promise.all([edge.stop(), bucket.stop()]))
beforeEach(() => {
  bucket.received.length = 0
  bucket.answerEarly = () => false
})

/** One MiB that is not the same backwards or shifted. */
const CHUNK = Buffer.from(Uint8Array.from({ length: MIB }, (_, at) => (at * 31 + (at >> 8)) & 0xff))
const checksumOf = (mib: number): number => {
  let sum = 0
  for (let at = 0; at < mib; at++) sum = crc32(CHUNK, sum)
  return sum
}

/** Writes as fast as the other side reads, and no faster. Ends when the connection does. */
async function pour(socket: Socket, mib: number): Promise<void> {
  const chunks = Readable.from(Array.from({ length: mib }, () => CHUNK))
  await pipeline(chunks, socket, { end: false }).catch(() => {})
}

/** What comes after a head: how much, and its checksum. */
class Sink {
  bytes = 0
  checksum = 0
  #head = ''
  #inBody = false

  take(chunk: Buffer): void {
    let body = chunk
    if (!this.#inBody) {
      this.#head += chunk.toString('latin1')
      const end = this.#head.indexOf('\r\n\r\n')
      if (end === -1) return
      this.#inBody = true
      body = Buffer.from(this.#head.slice(end + 4), 'latin1')
    }
    this.bytes += body.length
    this.checksum = crc32(body, this.checksum)
  }
}

describe('memory stays flat', () => {
  test.skipIf(!TELLS_MEMORY)(`while ${DOWN_MIB} MiB go down`, { timeout: 120_000 }, async () => {
    bucket.answer = socket => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${DOWN_MIB * MIB}\r\n\r\n`)
      void pour(socket, DOWN_MIB)
    }
    const sink = new Sink()
    const growth = await growthDuring(workerd, async () => {
      const connection = new Connection(edge.origin)
      connection.socket.removeAllListeners('data')
      connection.socket.on('data', chunk => sink.take(chunk))
      connection.write(requestBytes('GET', '/large'))
      await connection.closed
    })
    expect([sink.bytes, sink.checksum]).toEqual([DOWN_MIB * MIB, checksumOf(DOWN_MIB)])
    expect(growth).toBeLessThan(MAX_GROWTH)
  })

  test.skipIf(!TELLS_MEMORY)(`while ${UP_MIB} MiB go up`, { timeout: 120_000 }, async () => {
    const sink = new Sink()
    bucket.answerEarly = (socket, head) => {
      sink.take(Buffer.from(head, 'latin1'))
      socket.on('data', chunk => {
        sink.take(chunk)
        if (sink.bytes === UP_MIB * MIB) socket.end(responseBytes('200 OK', ['Connection: close'], 'stored'))
      })
      return true
    }
    const growth = await growthDuring(workerd, async () => {
      const connection = new Connection(edge.origin)
      connection.write(requestBytes('PUT', '/large', [`Content-Length: ${UP_MIB * MIB}`]))
      await pour(connection.socket, UP_MIB)
      await connection.closed
      expect(parse(connection.received).body).toBe('stored')
    })
    expect([sink.bytes, sink.checksum]).toEqual([UP_MIB * MIB, checksumOf(UP_MIB)])
    expect(growth).toBeLessThan(MAX_GROWTH)
  })

  test.skipIf(!TELLS_MEMORY)('while a client does not read: the bucket has to wait', async () => {
    let sent: Socket | null = null
    bucket.answer = socket => {
      sent = socket
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${1024 * MIB}\r\n\r\n`)
      void pour(socket, 1024)
    }
    const connection = new Connection(edge.origin)
    const growth = await growthDuring(workerd, async () => {
      connection.write(requestBytes('GET', '/large'))
      await connection.until('\r\n\r\n')
      connection.socket.pause()
      let before = -1
      await expect
        .poll(
          () => {
            const now = (sent?.bytesWritten ?? 0) - (sent?.writableLength ?? 0)
            const waits = now === before
            before = now
            return waits
          },
          { interval: 200, timeout: 10_000 },
        )
        .toBe(true)
      expect(before).toBeLessThan(64 * MIB)
    })
    connection.socket.destroy()
    expect(growth).toBeLessThan(MAX_GROWTH)
  })
})

test('a slow upload does not count as a bucket that does not answer', async () => {
  const quick = await Edge.start({ vars: { ORIGIN: bucket.origin, ORIGIN_TIMEOUT_MS: '100' } })
  try {
    for (const [framing, first, rest] of [
      ['Content-Length: 32768', 'x'.repeat(16_384), 'y'.repeat(16_384)],
      ['Transfer-Encoding: chunked', '3\r\nabc\r\n', '0\r\n\r\n'],
    ] as const) {
      bucket.answer = socket => socket.write(responseBytes('200 OK', [], 'stored'))
      const connection = new Connection(quick.origin)
      connection.write(requestBytes('PUT', '/k', [framing], first))
      // Longer than the bucket may take.
      await new Promise(resolve => setTimeout(resolve, 400))
      connection.write(rest)
      await connection.closed
      expect(parse(connection.received).body, framing).toBe('stored')
    }
  } finally {
    await quick.stop()
  }
})

describe('a client that aborts ends the request to the bucket', () => {
  const abort = async (connection: Connection) => {
    const { closed } = bucket
    connection.socket.resetAndDestroy()
    await expect.poll(() => bucket.closed).toBe(closed + 1)
  }

  test('before its answer', async () => {
    bucket.answer = () => {}
    const connection = new Connection(edge.origin)
    connection.write(requestBytes('GET', '/k'))
    await expect.poll(() => bucket.received.length).toBe(1)
    await abort(connection)
    // The second try is for a bucket that fails, not for a client that has gone.
    expect(bucket.received.length).toBe(1)
  })

  test.each(['Content-Length: 1000', 'Transfer-Encoding: chunked'])(
    'in its answer with %s',
    async framing => {
      bucket.answer = socket => socket.write(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n3\r\nabc\r\n`)
      const connection = new Connection(edge.origin)
      connection.write(requestBytes('GET', '/k'))
      await connection.until('abc')
      await abort(connection)
    },
  )

  test.each(['Content-Length: 1000', 'Transfer-Encoding: chunked'])('in an upload with %s', async framing => {
    let head = ''
    bucket.answerEarly = (_socket, received) => {
      head = received
      return true
    }
    const connection = new Connection(edge.origin)
    connection.write(requestBytes('PUT', '/k', [framing], '3\r\nabc\r\n'))
    await expect.poll(() => head).toContain('PUT /k')
    await abort(connection)
  })
})

describe('a bucket that closes the connection', () => {
  const BROKEN = [
    ['Content-Length: 100', 'abc'],
    ['Transfer-Encoding: chunked', '3\r\nabc\r\n'],
    ['Transfer-Encoding: chunked', '64\r\nabc'],
  ] as const
  const ENDS = [
    ['reset', (socket: Socket) => socket.resetAndDestroy()],
    ['closed', (socket: Socket) => socket.end()],
  ] as const

  test.each(
    BROKEN.flatMap(([framing, body]) => ENDS.map(([how, end]) => [framing, body, how, end] as const)),
  )(
    'in an answer with %s (%j, %s) leaves the client’s answer open-ended and its connection closed',
    async (framing, body, _how, end) => {
      let connectionToBucket: Socket | null = null
      bucket.answer = socket => {
        connectionToBucket = socket
        socket.write(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n${body}`)
      }
      const connection = new Connection(edge.origin)
      // Kept open by the client: an end can only come from the edge.
      connection.write(requestBytes('GET', '/k').replace('Connection: close\r\n', ''))
      await connection.until('abc')
      if (connectionToBucket !== null) end(connectionToBucket)
      await connection.closed
      const answer = parse(connection.received)
      expect(answer.line).toBe('HTTP/1.1 200 OK')
      expect(answer.body).not.toMatch(/(?:^|\n)0\r\n/)
      if (framing.startsWith('Content-Length')) {
        expect(connection.received).toContain('Content-Length: 100')
        expect(answer.body).toBe('abc')
      } else expect(connection.received).toContain('Transfer-Encoding: chunked')
    },
  )

  test('in an upload is a 502, and the upload is not sent again', async () => {
    let tries = 0
    bucket.answerEarly = socket => {
      tries++
      socket.resetAndDestroy()
      return true
    }
    const connection = new Connection(edge.origin)
    connection.write(requestBytes('PUT', '/k', ['Content-Length: 6'], 'upload'))
    await connection.closed
    expect(connection.received).toContain('HTTP/1.1 502 Bad Gateway')
    expect(tries).toBe(1)
  })

  test('that answers before an upload ends gets its answer through', async () => {
    bucket.answerEarly = socket => socket.write(responseBytes('403 Forbidden', [], '<Error/>'))
    const connection = new Connection(edge.origin)
    connection.write(requestBytes('PUT', '/k', ['Content-Length: 1000000'], 'first bytes'))
    await connection.until('<Error/>')
    expect(connection.received).toContain('HTTP/1.1 403 Forbidden')
    connection.socket.destroy()
  })
})
