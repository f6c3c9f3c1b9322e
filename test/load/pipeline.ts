/**
 * @module
 * A client that sends requests over kept connections, several at once on each, and gives every answer to who checks
 * it. HTTP tools measure more and look at less.
 */

import { connect, type Socket } from 'node:net'

/** An answer; header names in lower case, several lines of one name joined as RFC 9110 5.3 says. */
export interface Answer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export interface Request {
  readonly bytes: string
  /** What is wrong with the answer; null: nothing. */
  readonly check: (answer: Answer) => string | null
}

export interface Totals {
  answers: number
  /** Answers that were not as they should be, and connections that failed. */
  wrong: number
  /** The first few, in words. */
  readonly samples: string[]
}

const MAX_SAMPLES = 5
const HEAD_END = '\r\n\r\n'

/** Sends what `next` gives until it gives null, and resolves when all is answered. */
export async function run(
  url: string,
  connections: number,
  depth: number,
  next: () => Request | null,
  totals: Totals,
): Promise<void> {
  const address = new URL(url)
  await Promise.all(Array.from({ length: connections }, () => drive(address, depth, next, totals)))
}

function wrong(totals: Totals, what: string): void {
  totals.wrong++
  if (totals.samples.length < MAX_SAMPLES) totals.samples.push(what)
}

function drive({ hostname, port }: URL, depth: number, next: () => Request | null, totals: Totals) {
  return new Promise<void>(resolve => {
    const socket: Socket = connect(Number(port), hostname)
    const waiting: Request[] = []
    let received = ''
    /** Many at a time: a write for each would take longer than what is measured. */
    const fill = (): void => {
      if (waiting.length > depth / 2) return
      let bytes = ''
      while (waiting.length < depth) {
        const request = next()
        if (request === null) break
        waiting.push(request)
        bytes += request.bytes
      }
      if (bytes !== '') socket.write(bytes, 'latin1')
      if (waiting.length === 0) socket.end()
    }
    socket.on('connect', fill)
    socket.on('data', chunk => {
      received += chunk.toString('latin1')
      let from = 0
      for (let next = parse(received, from); next !== null; next = parse(received, from)) {
        if (next === 'no length') return void socket.destroy(new Error('an answer without a length'))
        const [answer, end] = next
        from = end
        totals.answers++
        const request = waiting.shift()
        const fault = request === undefined ? 'nobody has asked for it' : request.check(answer)
        if (fault !== null)
          wrong(totals, `${fault}: ${request?.bytes}${answer.status} ${[...answer.headers].join('; ')}`)
      }
      received = received.slice(from)
      fill()
    })
    socket.on('error', error => wrong(totals, error.message))
    socket.on('close', () => {
      if (waiting.length > 0) wrong(totals, `closed with ${waiting.length} requests unanswered`)
      resolve()
    })
  })
}

/** Returns the answer that begins at an index, and its end; null while it is incomplete. */
function parse(received: string, from: number): [answer: Answer, end: number] | null | 'no length' {
  const headEnd = received.indexOf(HEAD_END, from)
  if (headEnd === -1) return null
  const headers = new Map<string, string>()
  const firstEnd = received.indexOf('\r\n', from)
  for (let at = firstEnd; at < headEnd; ) {
    const colon = received.indexOf(':', at)
    const end = received.indexOf('\r\n', colon)
    const name = received.slice(at + 2, colon).toLowerCase()
    const value = received.slice(colon + 1, end).trim()
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : `${before}, ${value}`)
    at = end
  }
  const length = Number(headers.get('content-length') ?? Number.NaN)
  // Without a length nobody knows where the next one begins: the edge sends one with all that is asked for here.
  if (Number.isNaN(length)) return 'no length'
  const start = headEnd + HEAD_END.length
  if (received.length < start + length) return null
  const status = Number(received.slice(received.indexOf(' ', from) + 1, firstEnd).slice(0, 3))
  return [{ status, headers, body: received.slice(start, start + length) }, start + length]
}
