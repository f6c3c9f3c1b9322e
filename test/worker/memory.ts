/**
 * @module
 * The memory of the workerd processes that this process has started, as Linux tells it.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** Whether memory can be measured here. */
export const TELLS_MEMORY = process.platform === 'linux'

/** The process ids of this process's own workerds. */
export const workerds = (): number[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => {
      try {
        // "pid (name) state parent …": proc_pid_stat(5).
        const [, name, parent] = /\((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
        return name === 'workerd' && Number(parent) === process.pid
      } catch {
        // It has ended in the meantime.
        return false
      }
    })

const field = (pid: number, name: string): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024
}

/** By how many bytes the resident memory of a process has grown at most while `work` was done. */
export async function growthDuring(pid: number, work: () => Promise<void>): Promise<number> {
  // 5 sets the peak back to what there is now: proc_pid_clear_refs(5).
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
  const before = field(pid, 'VmRSS')
  await work()
  return field(pid, 'VmHWM') - before
}
