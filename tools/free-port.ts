import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below the ports that systems give to whoever asks for any: nobody gets one of these by chance. Above 10080, the last
 * port that `fetch` refuses (Fetch, "port blocking").
 */
const FIRST = 10_100
const COUNT = 20_000

/** The next port to try: one after the other, so that a process is never given one port twice. */
let next = Math.floor(Math.random() * COUNT)

/** A loopback port that was free a moment ago. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + next
    next = (next + 1) % COUNT
    const server = createServer().listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
    } catch {
      continue
    }
    await once(server.close(), 'close')
    return port
  }
}
