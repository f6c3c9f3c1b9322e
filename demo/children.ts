/**
 * @module
 * The processes that `npm start` starts. All of them end with it.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** How long a process may take to end by itself before it is killed. In milliseconds. */
const GRACE_MS = 4000
/** Lines of output kept to be shown when a process fails. */
const KEPT_LINES = 200

const running = new Set<Child>()

/**
 * A Node program in a process group of its own, so that what it starts (workerd, esbuild) ends with it.
 * Its last lines of output are kept, to be shown if it fails.
 */
export class Child {
  readonly #process: ChildProcess
  readonly #lines: string[] = []
  /** Resolves with the exit code once the process has ended. Null if a signal ended it. */
  readonly ended: Promise<number | null>

  /**
   * @param args the program's file and its arguments
   * @param env its whole environment
   * @param onLine called with each line that it prints
   */
  constructor(
    args: readonly string[],
    options: { cwd: string; env: NodeJS.ProcessEnv; onLine?: (line: string) => void },
  ) {
    this.#process = spawn(process.execPath, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    })
    running.add(this)
    this.ended = once(this.#process, 'close').then(([code]) => {
      running.delete(this)
      return typeof code === 'number' ? code : null
    })
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', line => this.#keep(line, options.onLine))
    }
  }

  /** The last lines that it printed. */
  get output(): string {
    return this.#lines.join('\n')
  }

  /** Ends the process and everything it started; resolves when it has. */
  async stop(): Promise<void> {
    this.#signal('SIGTERM')
    const killer = setTimeout(() => this.#signal('SIGKILL'), GRACE_MS)
    await this.ended
    clearTimeout(killer)
  }

  #keep(line: string, onLine: ((line: string) => void) | undefined): void {
    this.#lines.push(line)
    if (this.#lines.length > KEPT_LINES) this.#lines.shift()
    onLine?.(line)
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#process
    if (pid === undefined) return
    try {
      if (process.platform === 'win32') this.#process.kill(signal)
      else process.kill(-pid, signal)
    } catch {
      // The group is empty: all of its processes have ended.
    }
  }
}

/** Ends all of them. */
export const stopAll = async (): Promise<void> => {
  await Promise.all([...running].map(child => child.stop()))
}
