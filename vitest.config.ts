import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Files of pure code: they share a worker, because making a new one would cost more than most of them take. */
const PURE = [
  'test/unit/**/*.test.ts',
  'test/fuzz/**/*.test.ts',
  'test/model/**/*.test.ts',
  'test/conformance/**/*.test.ts',
]
const limits = { testTimeout: 180_000, hookTimeout: 180_000 }

export default defineConfig({
  test: {
    globalSetup: ['test/setup.ts'],
    // Most files wait for workerd, Chromium or a command line as long as they compute.
    maxWorkers: 3,
    // For what never comes: a busy machine takes its time.
    expect: { poll: { timeout: 20_000, interval: 20 } },
    // Every command line that a test starts, and wrangler, are compiled once.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('.wrangler/compile-cache', import.meta.url)) },
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, isolate: false, ...limits } },
      {
        extends: true,
        test: { name: 'system', include: ['test/**/*.test.ts'], exclude: PURE, isolate: false, ...limits },
      },
    ],
  },
})
