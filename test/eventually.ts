import { vi } from 'vitest'

/** Checks again and again until it does not throw. The limit is for what is broken: a busy machine takes its time. */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 20_000, interval: 20 })
