/**
 * @module
 * Set-up of `npm run test:deep`: each test prints how many generated cases its properties held for.
 */

import fc from 'fast-check'
import { TestRunner } from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    /** Generated cases, those that a property skips left out. */
    runs?: number
  }
}

fc.configureGlobal({
  reporter: details => {
    const test = TestRunner.getCurrentTest()
    if (test !== undefined) test.meta.runs = (test.meta.runs ?? 0) + details.numRuns
    if (details.failed) throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance })
  },
})
