/**
 * @module
 * The Worker: preflights go to their own door, everything else to the Hono app, the cron to the sync.
 */

import { app, internalError } from './app.ts'
import { answerOptions } from './preflights.ts'
import type { Env } from './settings.ts'
import { syncAll } from './sync.ts'

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
