/**
 * @module
 * Both ends of the edge as plain sockets: a client that sends any bytes, and a bucket that answers any. `node:http`
 * refuses some of them and tidies others. Bytes are held as latin1 text: one character each.
 */

import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

const HEAD_END = '\r\n\r\n'

/** A message: its first line, its header lines as they came, and what has come of its body. */
export interface Message {
  /** Request line or status line. */
  readonly line: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

export function parse(bytes: string): Message {
  const end = bytes.indexOf(HEAD_END)
  if (end === -1) throw new Error(`no complete head in ${JSON.stringify(bytes.slice(0, 200))}`)
  const [line = '', ...fields] = bytes.slice(0, end).split('\r\n')
  return {
    line,
    headers: fields.map(field => {
      const colon = field.indexOf(':')
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()] as const
    }),
    body: bytes.slice(end + HEAD_END.length),
  }
}

/** All values of a header, in order. */
export const valuesOf = (message: Message, name: string): string[] =>
  message.headers.filter(([each]) => each === name).map(([, value]) => value)

/** A connection to the edge. */
export class Connection {
  readonly socket: Socket
  received = ''
  /** Resolves when the edge, or the network, has closed the connection. */
  readonly closed: Promise<void>

  constructor(origin: string) {
    const { hostname, port } = new URL(origin)
    this.socket = connect(Number(port), hostname)
    this.socket.on('data', chunk => {
      this.received += chunk.toString('latin1')
    })
    // A reset is an end like any other; what has come until then is what counts.
    this.socket.on('error', () => {})
    this.closed = new Promise(resolve => this.socket.on('close', () => resolve()))
  }

  write(text: string): void {
    this.socket.write(Buffer.from(text, 'latin1'))
  }

  /** Resolves when `text` has come. */
  async until(text: string): Promise<void> {
    while (!this.received.includes(text)) {
      if (this.socket.destroyed) throw new Error(`closed before ${JSON.stringify(text)} came`)
      await new Promise(resolve => {
        this.socket.once('data', resolve)
        this.socket.once('close', resolve)
      })
    }
  }
}

/** Sends the bytes of one request, which must ask for `Connection: close`, and takes all that comes back. */
export async function exchange(origin: string, request: string): Promise<string> {
  const connection = new Connection(origin)
  connection.write(request)
  await connection.closed
  return connection.received
}

/** The bytes of a request. */
export const requestBytes = (
  method: string,
  target: string,
  headers: readonly string[] = [],
  body = '',
): string =>
  [`${method} ${target} HTTP/1.1`, 'Host: edge.example', 'Connection: close', ...headers, '', body].join(
    '\r\n',
  )

/** The bytes of a response whose connection stays open, with its length. */
export const responseBytes = (status: string, headers: readonly string[] = [], body = ''): string =>
  [`HTTP/1.1 ${status}`, `Content-Length: ${body.length}`, ...headers, '', body].join('\r\n')

export type WireHandler = (socket: Socket, request: string) => void

/** A bucket on loopback that shows every byte of a request and sends any bytes back. */
export class WireBucket {
  /** Requests as they came, complete. */
  readonly received: string[] = []
  /** Gets a request once it is complete. */
  answer: WireHandler = (socket, _request) => socket.write(responseBytes('200 OK', [], 'object'), 'latin1')
  /** Gets a request once its head is complete; true: it has been answered, or never will be. */
  answerEarly: (socket: Socket, head: string) => boolean = () => false
  /** How many connections have been closed. */
  closed = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor() {
    this.#server = createServer(socket => this.#serve(socket))
  }

  static async start(): Promise<WireBucket> {
    const bucket = new WireBucket()
    await new Promise<void>(resolve => bucket.#server.listen(0, '127.0.0.1', resolve))
    return bucket
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get last(): Message {
    return parse(this.received.at(-1) ?? '')
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    let bytes = ''
    let answered = false
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.closed++
    })
    socket.on('data', chunk => {
      if (answered) return
      bytes += chunk.toString('latin1')
      if (!bytes.includes(HEAD_END)) return
      answered = this.answerEarly(socket, bytes)
      if (answered || !isComplete(bytes)) return
      const request = bytes
      bytes = ''
      this.received.push(request)
      this.answer(socket, request)
    })
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

function isComplete(bytes: string): boolean {
  const message = parse(bytes)
  if (valuesOf(message, 'transfer-encoding').length > 0) return message.body.endsWith('0\r\n\r\n')
  return message.body.length >= Number(valuesOf(message, 'content-length')[0] ?? 0)
}
