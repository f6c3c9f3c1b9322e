/**
 * @module
 * A line on standard error while the user waits, if that is a terminal.
 */

/** Nothing is shown of what takes less. In milliseconds. */
export const PATIENCE_MS = 500

/**
 * Runs `work`, and shows `text` from {@link PATIENCE_MS} on until it ends.
 *
 * @param after 0 shows the text at once: for work that is known to take long, and that blocks timers
 */
export async function waiting<T>(text: string, work: () => Promise<T>, after = PATIENCE_MS): Promise<T> {
  if (process.stderr.isTTY !== true) return work()
  let isShown = false
  const show = () => {
    isShown = true
    process.stderr.write(text)
  }
  const timer = after === 0 ? show() : setTimeout(show, after)
  try {
    return await work()
  } finally {
    clearTimeout(timer ?? undefined)
    if (isShown) process.stderr.write('\r\u001b[2K')
  }
}
