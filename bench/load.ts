/**
 * @module
 * A load from another process, by wrk (Debian's package), and what it reached.
 */

import { execFile, execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const CONNECTIONS = 32

export interface Load {
  readonly method: string
  readonly headers: Record<string, string>
  /** `1.example`, `2.example` … in turn. */
  readonly hosts: number
  /**
   * How many requests the generator holds ready and sends in turn, at least one for each host. What it costs to hold
   * many would count as the Worker's: loads that are compared have the same number.
   */
  readonly ready: number
}

export function hasWrk(): boolean {
  try {
    execFileSync('wrk', ['--version'], { stdio: 'ignore' })
    return true
  } catch (error) {
    // It prints its version and exits with 1.
    return (error as { code?: string }).code !== 'ENOENT'
  }
}

/** Writes a wrk script for a load into a folder; gives its path. */
export function script(folder: string, name: string, load: Load): string {
  const path = join(folder, `${name}.lua`)
  const lines = [`wrk.method = ${JSON.stringify(load.method)}`]
  for (const [header, value] of Object.entries(load.headers))
    lines.push(`wrk.headers[${JSON.stringify(header)}] = ${JSON.stringify(value)}`)
  if (load.ready === 1) lines.push('wrk.headers["Host"] = "1.example"')
  else {
    lines.push(
      'local requests = {}',
      'local at = 0',
      'init = function(args)',
      `  for n = 1, ${load.ready} do`,
      `    wrk.headers["Host"] = ((n - 1) % ${load.hosts} + 1) .. ".example"`,
      '    requests[n] = wrk.format(nil, "/key?" .. n)',
      '  end',
      'end',
      `request = function() at = at % ${load.ready} + 1; return requests[at] end`,
    )
  }
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

/** Requests per second over so many seconds; an answer with another status than expected is an error. */
export async function requestsPerSecond(
  url: string,
  scriptPath: string,
  seconds: number,
  expectErrors = false,
): Promise<number> {
  const args = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', scriptPath, url]
  const { stdout } = await run('wrk', args)
  if (!expectErrors && /Non-2xx|Socket errors/.test(stdout))
    throw new Error(`wrk ${args.join(' ')}:\n${stdout}`)
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]
  if (rate === undefined) throw new Error(`wrk printed no rate:\n${stdout}`)
  return Number(rate)
}
