import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

/** Seconds that it takes are few: a regular expression whose time grows with the cube of the text takes hours. */
const LIMIT_MS = 150_000

test('no reader of what people paste hangs, however a text repeats itself', async () => {
  const script = fileURLToPath(new URL('repetitions.ts', import.meta.url))
  const options = { timeout: LIMIT_MS, killSignal: 'SIGKILL' } as const
  const { stdout, killed } = await promisify(execFile)(process.execPath, [script], options).catch(
    error => error,
  )
  const last = stdout.trim().split('\n').at(-1)
  expect(killed ?? false, `it hangs with ${last}`).toBe(false)
  expect(last).toBe(String.raw`"\\'"`)
})
