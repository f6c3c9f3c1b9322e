/**
 * @module
 * The Worker: preflights go to their own door, everything else to the Hono app, the cron to the sync.
 */

import type { Env } from './settings/settings.ts'
import { app, internalError } from './worker/app.ts'
import { syncAll } from './worker/cron.ts'
import { answerOptions } from './worker/preflight.ts'

export default {
  async fetch(request, env, context) {
    if (request.method !== 'OPTIONS') return app.fetch(request, env, context)
    try {
      return await answerOptions(request, env, context)
    } catch (error) {
      return internalError(error, request, env)
    }
  },
  scheduled: (_controller, env) => syncAll(env),
} satisfies ExportedHandler<Env>
