/**
 * @module
 * How often generated cases are tried. `MODEL_RUNS=200000` tries the widest properties so often, the others in
 * proportion, with a new seed each time (`npm run test:deep`); without it, the quick cases are the same each time.
 */

import { vi } from 'vitest'

/** What the quick numbers of runs are in proportion to. */
const QUICK = 2000
const DEEP = Number(process.env.MODEL_RUNS ?? 0)
if (DEEP > 0) vi.setConfig({ testTimeout: 3_600_000 })

/**
 * @param quick how often in `npm test`
 * @param most how often at most, for cases that cost much
 */
export const runs = (quick: number, most = Number.POSITIVE_INFINITY): { numRuns: number; seed?: number } =>
  DEEP > 0
    ? { numRuns: Math.min(most, Math.ceil((DEEP * quick) / QUICK)) }
    : { numRuns: quick, seed: 20_260_101 }
