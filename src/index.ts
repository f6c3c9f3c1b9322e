/**
 * @module
 * The Worker. Preflights have their own door, everything else goes to the Hono app, and the cron runs the sync.
 */

import type { Env } from './settings/settings.ts'
import { syncAll } from './worker/cron.ts'
import { edgeOf } from './worker/edge.ts'
import { failureResponse } from './worker/failures.ts'
import { answerOptions } from './worker/preflight.ts'
import { app } from './worker/request.ts'
import { warmUp } from './worker/warm-up.ts'

void warmUp()

export default {
  async fetch(request, env, context) {
    try {
      return await (request.method === 'OPTIONS'
        ? answerOptions(request, env, context)
        : app.fetch(request, env, context))
    } catch (error) {
      return failureResponse(edgeOf(env), request, { kind: 'internal-error', error })
    }
  },
  scheduled: (_controller, env) => syncAll(env),
} satisfies ExportedHandler<Env>
