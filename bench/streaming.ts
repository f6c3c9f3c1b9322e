/**
 * @module
 * 1 GiB through the edge, beside a bare `fetch(request)` Worker: each in a workerd of its own, in interleaved rounds.
 * Client and bucket are plain sockets, so that they take little of the machine.
 */

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { interleaved, type Row } from './rows.ts'
import { cpuMicros, startWorkerd, type Workerd } from './workerd.ts'

const MIB = 1024 * 1024
const OBJECT_BYTES = 1024 * MIB
const CHUNK = Buffer.alloc(MIB, 'x')
const ROUNDS = 5
/** The edge is to reach this much of the bare Worker's throughput. */
const LEAST = 0.9

const HEAD_END = '\r\n\r\n'

const proxySource = (origin: string): string => `
export default {
  fetch(request) {
    const url = new URL(request.url)
    return fetch(new Request(${JSON.stringify(origin)} + url.pathname + url.search, request))
  },
}`

export interface StreamingRow extends Row {
  /** What is compared: MiB/s and CPU seconds per object are medians, the memory is the peak of all rounds. */
  readonly subjects: readonly {
    readonly name: string
    readonly mibPerSecond: number
    readonly cpuSeconds: number
    readonly peakMib: number
  }[]
}

/** Serves one large object, whatever it is asked for, as fast as it is taken. */
async function startBucket() {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // The client has what it wants and goes.
    socket.on('error', () => {})
    let head = ''
    socket.on('data', chunk => {
      head += chunk.toString('latin1')
      if (!head.includes(HEAD_END)) return
      const bytes = head.includes('GET /large ') ? OBJECT_BYTES : 0
      head = ''
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\nETag: "e"\r\nCache-Control: no-store${HEAD_END}`,
      )
      const chunks = Readable.from(Array.from({ length: bytes / MIB }, () => CHUNK))
      void pipeline(chunks, socket, { end: false }).catch(() => {})
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** Takes the object. @returns MiB per second, from the request to the last byte */
async function download(url: string): Promise<number> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let bytes = 0
  let head = ''
  const started = performance.now()
  socket.write(
    `GET /large HTTP/1.1\r\nHost: files.example\r\nOrigin: https://app.example\r\nConnection: close${HEAD_END}`,
  )
  socket.on('data', chunk => {
    bytes += chunk.length
    if (head.includes(HEAD_END)) return
    head += chunk.toString('latin1')
    if (head.includes(HEAD_END)) bytes = head.length - head.indexOf(HEAD_END) - HEAD_END.length
  })
  await new Promise((resolve, reject) => socket.on('close', resolve).on('error', reject))
  assert.equal(bytes, OBJECT_BYTES, head.slice(0, 500))
  return OBJECT_BYTES / MIB / ((performance.now() - started) / 1000)
}

/** A process's peak of resident memory, in MiB: proc_pid_status(5). */
const peakMib = (pid: number): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

const NAMES = ['edge', 'bare'] as const

/** Measures both. Needs Linux, and the bundle that `npm run build` makes. */
export async function streamingRow(rounds = ROUNDS): Promise<StreamingRow> {
  const bucket = await startBucket()
  const rules =
    '[{"AllowedOrigins":["https://app.example"],"AllowedMethods":["GET"],"ExposeHeaders":["ETag"]}]'
  const started: Workerd[] = []
  const start = async (name: (typeof NAMES)[number], source: string, kv: boolean) => {
    const workerd = await startWorkerd([{ name, source, kv, vars: { ORIGIN: bucket.origin } }], rules)
    started.push(workerd)
    return { ...workerd, cpu: 0 }
  }
  try {
    const subjects = {
      edge: await start('edge', readFileSync('dist/index.js', 'utf8'), true),
      bare: await start('bare', proxySource(bucket.origin), false),
    }
    // The first pass is for the runtime to warm up; the peak counts from here.
    for (const name of NAMES) {
      await download(subjects[name].url(name))
      writeFileSync(`/proc/${subjects[name].pid}/clear_refs`, '5')
    }
    const rates = await interleaved(NAMES, rounds, async name => {
      const subject = subjects[name]
      const before = cpuMicros(subject.pid)
      const rate = await download(subject.url(name))
      subject.cpu += cpuMicros(subject.pid) - before
      return rate
    })
    const measured = NAMES.map(name => ({
      name,
      mibPerSecond: rates.get(name) ?? Number.NaN,
      cpuSeconds: subjects[name].cpu / rounds / 1e6,
      peakMib: peakMib(subjects[name].pid),
    }))
    const ratio = (rates.get('edge') ?? Number.NaN) / (rates.get('bare') ?? Number.NaN)
    const figure = measured
      .map(
        ({ name, mibPerSecond, peakMib: peak }) =>
          `${name} ${mibPerSecond.toFixed(0)} MiB/s, peak ${peak.toFixed(0)} MiB`,
      )
      .join('; ')
    return {
      group: 'Streaming',
      name: 'GET of 1 GiB',
      figure,
      ratio,
      over: 'a bare fetch(request) Worker',
      goal: { least: LEAST },
      measured: ratio,
      subjects: measured,
    }
  } finally {
    await Promise.all(started.map(workerd => workerd.stop()))
    await bucket.stop()
  }
}

if (import.meta.main) {
  const { subjects, ratio } = await streamingRow()
  console.table(
    Object.fromEntries(
      subjects.map(({ name, mibPerSecond, cpuSeconds: cpu, peakMib: peak }) => [
        name,
        {
          'MiB/s': Math.round(mibPerSecond),
          'CPU s per GiB': Number(cpu.toFixed(2)),
          'peak MiB': Math.round(peak),
        },
      ]),
    ),
  )
  console.log(`GET of 1 GiB, edge over bare: ${ratio?.toFixed(2)}`)
}
