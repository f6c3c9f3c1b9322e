/**
 * @module
 * Runs the command line in a temporary folder: as a process, or within this process, which takes a third of the time and
 * skips only src/cli/main.ts.
 */

import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { PassThrough } from 'node:stream'
// Wrangler loads esbuild, whose service starts in the current folder. That must not be a temporary one.
import 'esbuild'
import { vi } from 'vitest'
import { execute } from '../../src/cli/program.ts'

const MAIN = resolve('src/cli/main.ts')

export interface Run {
  code: number
  out: string
  err: string
}

/** The environment of a command. */
interface Surroundings {
  readonly env?: Readonly<Record<string, string>>
  /** The text on standard input. */
  readonly input?: string
  /** The user's answers to the prompts. If set, standard input and output are terminals. */
  readonly answers?: readonly string[]
}

/** A project: the repository's wrangler.toml, and the files that a test writes. */
export class Project {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'rules-test-')))

  constructor(files: Readonly<Record<string, string | Buffer>> = {}) {
    cpSync('wrangler.toml', join(this.folder, 'wrangler.toml'))
    for (const [name, content] of Object.entries(files)) this.write(name, content)
  }

  write(name: string, content: string | Buffer): void {
    const path = join(this.folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }

  /** Returns the process of a command, with `env` over an environment without colour settings. */
  process(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { NO_COLOR: _no, FORCE_COLOR: _force, ...inherited } = process.env
    const logs = { WRANGLER_LOG_PATH: join(this.folder, 'logs') }
    const command: [program: string, ...args: string[]] = [process.execPath, MAIN, ...args]
    const all: NodeJS.ProcessEnv = { ...inherited, ...logs, ...env }
    return { command, options: { cwd: this.folder, env: all } }
  }

  /** Runs a command with no terminal. */
  rules(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
    const { command, options } = this.process(args, env)
    const [program, ...rest] = command
    return new Promise(done => {
      const child = execFile(program, rest, options, (error, out, err) => {
        done({ code: error === null ? 0 : Number(error.code ?? -1), out, err })
      })
      child.stdin?.end()
    })
  }

  /**
   * Runs a command within this process. One at a time: a process has one working folder and one output.
   */
  async run(args: readonly string[], { env = {}, input = '', answers }: Surroundings = {}): Promise<Run> {
    const result: Run = { code: 0, out: '', err: '' }
    const typed = [...(answers ?? [])]
    const keyboard = Object.assign(new PassThrough(), { isTTY: answers !== undefined })
    if (!keyboard.isTTY) keyboard.end(input)
    const take = (stream: 'out' | 'err') => (text: string | Uint8Array) => {
      result[stream] += text
      if (stream === 'out' && /\[y\/N\] |: $/.test(String(text)) && typed.length > 0)
        keyboard.write(`${typed.shift()}\n`)
      return true
    }
    const [folder, exitCode] = [process.cwd(), process.exitCode]
    const out = vi.spyOn(process.stdout, 'write').mockImplementation(take('out'))
    const err = vi.spyOn(process.stderr, 'write').mockImplementation(take('err'))
    const stdin = vi.spyOn(process, 'stdin', 'get').mockReturnValue(keyboard as never)
    const { isTTY } = process.stdout
    process.stdout.isTTY = keyboard.isTTY
    const inherited = process.env
    process.env = { ...inherited, WRANGLER_LOG_PATH: join(this.folder, 'logs'), ...env }
    process.chdir(this.folder)
    process.exitCode = 0
    try {
      await execute(args)
      result.code = Number(process.exitCode)
    } finally {
      process.chdir(folder)
      process.exitCode = exitCode
      process.env = inherited
      process.stdout.isTTY = isTTY
      stdin.mockRestore()
      out.mockRestore()
      err.mockRestore()
    }
    if (typed.length > 0) throw new Error(`nobody asked for ${typed}`)
    return result
  }

  /** Removes a file or a folder of the project. */
  removeFolder(name: string): void {
    rmSync(join(this.folder, name), { recursive: true, force: true })
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
