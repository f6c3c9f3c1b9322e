import { afterEach, expect, test, vi } from 'vitest'
import { PATIENCE_MS, waiting } from '../../../src/cli/print/waiting.ts'

const { isTTY } = process.stderr
afterEach(() => {
  process.stderr.isTTY = isTTY
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** What a terminal gets on standard error while `work` runs for some time. */
async function shown(isTerminal: boolean, ms: number, after?: number): Promise<string> {
  vi.useFakeTimers()
  process.stderr.isTTY = isTerminal
  let text = ''
  vi.spyOn(process.stderr, 'write').mockImplementation(part => {
    text += part
    return true
  })
  const work = async () => {
    await vi.advanceTimersByTimeAsync(ms)
    return 'done'
  }
  expect(await waiting('Asking Cloudflare …', work, after)).toBe('done')
  return text
}

const LINE = 'Asking Cloudflare …\r\u001b[2K'

test('waiting shows its line after half a second, and removes it', async () => {
  expect(await shown(true, PATIENCE_MS + 1)).toBe(LINE)
  expect(await shown(true, PATIENCE_MS - 1)).toBe('')
  expect(await shown(true, 0, 0)).toBe(LINE)
})

test('waiting shows nothing where standard error is no terminal', async () => {
  expect(await shown(false, PATIENCE_MS + 1, 0)).toBe('')
})
