/**
 * @module
 * A real browser, where there is one.
 */

import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PATH = process.env.CHROMIUM || '/usr/bin/chromium'
/** The path of the browser, or undefined without a browser: the tests that need it are then skipped. */
export const CHROMIUM = existsSync(PATH) ? PATH : undefined
export const WHY_SKIPPED = `The browser tests are skipped: there is no ${PATH}. CHROMIUM can name another Chromium.`

/** Starts the browser. Every name under .example is this machine. */
export const launch = (): Promise<Browser> =>
  chromium.launch({
    ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP *.example 127.0.0.1',
    ],
  })
