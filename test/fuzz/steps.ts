/**
 * @module
 * Steps of a computation: how often its blocks of JavaScript were entered, as V8 counts them. Unlike time, the same
 * on every machine. What a regular expression or a native search costs is not seen.
 */

import { Session } from 'node:inspector/promises'

/** Starts counting; the function it gives counts the steps of `run`, in the modules whose URLs match. */
export async function stepCounter(modules: RegExp): Promise<{
  readonly of: (run: () => unknown) => Promise<number>
  readonly stop: () => Promise<void>
}> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  return {
    of: async run => {
      await session.post('Profiler.takePreciseCoverage')
      await run()
      const { result } = await session.post('Profiler.takePreciseCoverage')
      let steps = 0
      for (const { url, functions } of result)
        if (modules.test(url))
          for (const { ranges } of functions) for (const { count } of ranges) steps += count
      return steps
    },
    stop: async () => {
      await session.post('Profiler.stopPreciseCoverage')
      session.disconnect()
    },
  }
}
