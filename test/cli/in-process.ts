/**
 * @module
 * A command of the rules command line, run in this process: for the many variants of what a process of its own has shown
 * once. What `main.ts` does with an error is not part of it.
 */

import { Command } from 'commander'
import { vi } from 'vitest'
import { Trouble } from '../../src/cli/trouble.ts'
import type { Run } from './rules.ts'

/** Runs a command; a {@link Trouble} is what is on standard error, with exit code 2, as `main.ts` has it. */
export async function run(add: (program: Command) => void, args: readonly string[]): Promise<Run> {
  const result = { code: 0, out: '', err: '' }
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    result.out += text
    return true
  })
  const before = process.exitCode
  process.exitCode = 0
  const program = new Command('rules').exitOverride().configureOutput({
    writeErr: text => {
      result.err += text
    },
  })
  add(program)
  try {
    await program.parseAsync(args, { from: 'user' })
    result.code = Number(process.exitCode)
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    result.code = 2
    result.err += `${error.message}\n`
  } finally {
    process.exitCode = before
    out.mockRestore()
  }
  return result
}
