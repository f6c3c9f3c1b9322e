/**
 * @module
 * `edge-preflight/hono`: Hono middleware that answers a bucket's CORS from the bucket's own rules.
 */

import type { Context, MiddlewareHandler } from 'hono'
import { decorate } from '../answers/actual.ts'
import { errorResponse } from '../answers/error-xml.ts'
import { notAllowed } from '../answers/errors.ts'
import { answerPreflight } from '../answers/preflight.ts'
import { type Configuration, NO_CONFIGURATION } from '../cors/configuration.ts'
import { decide } from '../cors/decide.ts'
import { DIALECTS, type Dialect, type DialectName, dialectOf } from '../cors/dialect.ts'
import { Memo } from '../cors/memo.ts'
import { compile, hydrate, type ReadyPolicy } from '../cors/policy.ts'
import { readDocument } from '../formats/read.ts'

/** Rules as the middleware takes them: `CORSConfiguration` XML or S3 JSON as text, or a read configuration. */
export type RulesInput = string | Configuration

export interface BucketCorsOptions {
  /** The rules of every host. Pass either `rules` or `load`. */
  readonly rules?: RulesInput
  /**
   * Returns the rules of a host, or null if it has none. Called for each request: cache what is slow. If it throws, the
   * request fails with Hono's error handler and gets no CORS headers.
   */
  readonly load?: (host: string, c: Context) => RulesInput | null | Promise<RulesInput | null>
  /**
   * Whose answers are given.
   * @default 'cos'
   */
  readonly dialect?: DialectName
  /**
   * A cross-origin request that no rule allows: a 403, or the handler's response without CORS headers.
   * **Security:** with `forward`, the handler runs and the request takes effect.
   * @default 'refuse'
   */
  readonly unmatched?: 'refuse' | 'forward'
}

/** Compiled documents kept in memory. */
const MAX_COMPILED = 256

/**
 * Returns middleware that answers every OPTIONS request, refuses or forwards unmatched requests, and replaces the CORS
 * headers of responses. Throws a TypeError for wrong options, and for rules with errors at the first request.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono'
 * import { bucketCors } from 'edge-preflight/hono'
 *
 * const app = new Hono<{ Bindings: { RULES: KVNamespace } }>()
 * app.use(bucketCors({ load: (host, c) => c.env.RULES.get(host, { cacheTtl: 60 }) }))
 * ```
 */
export function bucketCors(options: BucketCorsOptions): MiddlewareHandler {
  const { rules, load, dialect: name = 'cos', unmatched = 'refuse' } = options
  if ((rules === undefined) === (load === undefined))
    throw new TypeError('bucketCors() requires either rules or load.')
  if (!DIALECTS.includes(name))
    throw new TypeError(`bucketCors(): dialect is "${name}". Accepted: ${DIALECTS.join(' or ')}.`)
  if (unmatched !== 'refuse' && unmatched !== 'forward')
    throw new TypeError(`bucketCors(): unmatched is "${unmatched}". Accepted: refuse or forward.`)
  const dialect = dialectOf(name)
  const compiled = new Compiled(name)

  return async function bucketCors(c, next) {
    const request = c.req.raw
    const { method, url, headers } = request
    const given = load === undefined ? rules : await load(new URL(url).hostname, c)
    const policy = await compiled.of(given ?? NO_CONFIGURATION)
    const origin = headers.get('origin')
    const asked = headers.get('access-control-request-method')
    const requestedHeaders = headers.get('access-control-request-headers')
    if (method === 'OPTIONS') {
      const preflight = { origin, method: asked, requestedHeaders }
      return answerPreflight(dialect, decide(policy, preflight), { url, ...preflight }, false)
    }
    const decision = dialect.actualReadsRequestHeaders
      ? decide(policy, { origin, method: asked || method, requestedHeaders })
      : decide(policy, { origin, method, requestedHeaders: null })
    const cors = { dialect, decision, origin }
    if (decision.outcome === 'refused' && unmatched === 'refuse' && isBlockedByBrowsers(request))
      return decorate(refusal(dialect, request), cors)
    await next()
    const response = decorate(new Response(c.res.body, c.res), cors)
    // Hono adds the headers of a response that is replaced. The handler's CORS headers must not come back.
    c.res = undefined
    c.res = response
    return undefined
  }
}

const refusal = (dialect: Dialect, { url, method }: Request): Response =>
  errorResponse(dialect, notAllowed(dialect, { url, method }), url, method === 'HEAD')

/** Form posts, images and requests of the page's own origin need no CORS. */
function isBlockedByBrowsers({ url, headers }: Request): boolean {
  const origin = headers.get('origin')
  const mode = headers.get('sec-fetch-mode')
  return (
    origin !== null && origin !== '' && origin !== new URL(url).origin && (mode === null || mode === 'cors')
  )
}

/** Policies by the document or configuration that they were compiled from. */
class Compiled {
  readonly #dialect: DialectName
  readonly #ofText = new Memo<ReadyPolicy>(MAX_COMPILED)
  readonly #ofConfiguration = new WeakMap<Configuration, ReadyPolicy>()

  constructor(dialect: DialectName) {
    this.#dialect = dialect
  }

  async of(rules: RulesInput): Promise<ReadyPolicy> {
    const held = typeof rules === 'string' ? this.#ofText.get(rules) : this.#ofConfiguration.get(rules)
    if (held !== undefined) return held
    // No promise is kept: in a Worker, its continuation would end with the request that started it.
    const policy = hydrate(compile(await configurationOf(rules), this.#dialect))
    if (typeof rules === 'string') this.#ofText.set(rules, policy)
    else this.#ofConfiguration.set(rules, policy)
    return policy
  }
}

async function configurationOf(rules: RulesInput): Promise<Configuration> {
  if (typeof rules !== 'string') return rules
  const { configuration, findings } = await readDocument(rules)
  if (configuration !== null) return configuration
  const error = findings.find(({ severity }) => severity === 'error')
  throw new TypeError(
    `bucketCors(): the rules have errors. ${error?.path ?? ''} ${error?.reason ?? ''}`.trim(),
  )
}
