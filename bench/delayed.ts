/**
 * @module
 * A road of some length on loopback: a proxy that passes bytes on half a round trip later, each way.
 */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Road {
  readonly port: number
  close(): void
}

/**
 * Starts a proxy to a port on loopback.
 *
 * @param roundTrip in milliseconds. A new connection takes one for TCP, as on a real road; TLS is not part of it
 */
export async function startRoad(to: number, roundTrip: number): Promise<Road> {
  const sockets = new Set<Socket>()
  const server = createServer(near => {
    const far = connect(to, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => {
        near.destroy()
        far.destroy()
      })
    }
    const connectedAt = performance.now() + roundTrip
    carry(near, far, roundTrip / 2, connectedAt)
    carry(far, near, roundTrip / 2, connectedAt)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Writes what comes from one socket to another after a delay, in its order. */
function carry(from: Socket, to: Socket, delay: number, connectedAt: number): void {
  const queue: { readonly at: number; readonly chunk: Buffer | null }[] = []
  const send = (): void => {
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      const wait = first.at - performance.now()
      if (wait > 0) return void setTimeout(send, wait)
      queue.shift()
      if (to.destroyed) continue
      if (first.chunk === null) to.end()
      else to.write(first.chunk)
    }
  }
  const add = (chunk: Buffer | null): void => {
    queue.push({ at: Math.max(performance.now(), connectedAt) + delay, chunk })
    if (queue.length === 1) send()
  }
  from.on('data', add)
  from.on('end', () => add(null))
}
