/**
 * @module
 * `edge-preflight`: the type of the built Worker. The package's file is dist/index.js, built from src/index.ts.
 */

import type { ExportedHandler } from '@cloudflare/workers-types'
import type { Env } from '../settings/settings.ts'

export type { Env } from '../settings/settings.ts'

/**
 * The Worker.
 *
 * @example
 * ```ts
 * export { default } from 'edge-preflight'
 * ```
 */
declare const worker: ExportedHandler<Env>
export default worker
