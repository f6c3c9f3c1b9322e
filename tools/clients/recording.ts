/**
 * @module
 * Records one client: each operation with everything allowed and exposed, then without each header that it could read.
 */

import { readFileSync } from 'node:fs'
import type { Configuration, Method } from '../../src/cors/configuration.ts'
import { METHODS } from '../../src/cors/configuration.ts'
import { baselineOf, exposable, needOf } from './ablation.ts'
import type { CatalogueEntry } from './catalogue.ts'
import { putFixtures } from './fixtures.js'
import type { SeenRequest } from './front.ts'
import { at, NO_RESULT, type Outcome, type Stage } from './stage.ts'

/** Everything allowed; one rule for each method, so that a header can be exposed to some of them only. */
const exposing = (origin: string, headersOf: (method: Method) => readonly string[]): Configuration => ({
  rules: METHODS.map(method => ({
    id: null,
    allowedOrigins: [origin],
    allowedMethods: [method],
    allowedHeaders: ['*'],
    exposeHeaders: headersOf(method),
    // 0: a browser asks before every request.
    maxAgeSeconds: 0,
  })),
  responseVary: false,
})

/** Records a client, as `src/clients/<id>.json` holds it. Throws if an operation fails with everything allowed. */
export async function recordClient(stage: Stage, entry: CatalogueEntry): Promise<unknown> {
  const operations = []
  for (const [name, description] of Object.entries(entry.operations)) {
    const run = async (headersOf: (method: Method) => readonly string[]): Promise<Outcome> => {
      putFixtures(stage.bucket)
      stage.bucket.vendor(entry.vendor)
      const prepared = (await entry.prepare?.(stage.place)) ?? null
      const attempt = () =>
        stage.run(entry.page ?? entry.id, name, exposing(stage.origin, headersOf), prepared)
      const outcome = await attempt()
      // A busy machine is slow as well: what does not end must not end twice.
      return outcome.error === NO_RESULT ? await attempt() : outcome
    }
    const hidden = await run(() => [])
    const first = exposable(hidden.requests)
    // Where something was hidden, the operation may have ended before its last responses.
    const every = hidden.error === null ? first : exposable((await run(() => first)).requests)
    const [one, other] = [await run(() => every), await run(() => every)]
    if (one.error !== null || other.error !== null)
      throw new Error(`${entry.id} ${name} fails with everything allowed: ${one.error ?? other.error}`)
    const baseline = baselineOf(one, other)
    const reads = []
    const methods = [...new Set(one.requests.map(({ method }) => method as Method))].sort()
    if (needOf(baseline, hidden) !== null)
      for (const header of every) {
        const without = every.filter(name => name !== header)
        const need = needOf(baseline, await run(() => without))
        if (need === null) continue
        const withIt = methods.filter(method => carries(one.requests, method, header))
        const where = []
        if (need.need === 'required' && withIt.length > 1)
          for (const method of withIt)
            if (needOf(baseline, await run(each => (each === method ? without : every))) !== null)
              where.push(method)
        // A header that is read from either of two responses is needed on both.
        reads.push({ header, methods: where.length > 0 ? where : withIt, ...need })
      }
    // A recording takes minutes: it shows where it is.
    console.error(`  ${entry.id} ${name}: ${reads.map(({ header }) => header).join(', ') || 'reads nothing'}`)
    operations.push({ name, description, requests: requestsOf(one.requests), reads })
  }
  const { id, title } = entry
  return { id, title, package: entry.package, version: versionOf(entry), operations }
}

/** Whether a response to the method has the header. */
const carries = (requests: readonly SeenRequest[], method: Method, header: string): boolean =>
  requests.some(seen => !seen.preflight && seen.method === method && seen.responseHeaders.includes(header))

/** The different requests of an operation: a preflight stands for the request that it asks for. */
function requestsOf(
  seen: readonly SeenRequest[],
): { method: Method; preflight: boolean; headers: string[] }[] {
  const found = new Map<string, { method: Method; preflight: boolean; headers: string[] }>()
  const preflighted = new Set(
    seen.filter(({ preflight }) => preflight).map(({ method, path }) => `${method} ${path}`),
  )
  for (const { method, path, preflight, headers } of seen) {
    if (!preflight && preflighted.has(`${method} ${path}`)) continue
    const request = { method: method as Method, preflight, headers: [...headers].sort() }
    found.set(JSON.stringify(request), request)
  }
  return [...found].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, request]) => request)
}

/** Returns the installed version, or null for the browser itself. */
const versionOf = ({ package: name }: CatalogueEntry): string | null =>
  name === null
    ? null
    : (JSON.parse(readFileSync(at(`node_modules/${name}/package.json`), 'utf8')) as { version: string })
        .version
