/**
 * @module
 * R2's own JSON, of `wrangler r2 bucket cors set --file` and Cloudflare's API, with or without the API's envelope:
 * `{"rules":[{"allowed":{"origins":[…],"methods":[…],"headers":[…]},"exposeHeaders":[…],"maxAgeSeconds":600}]}`.
 * The dashboard and the S3 API of R2 take S3's shapes instead. R2 refuses every mixture of the two, and so does this.
 */

import { type Configuration, MAX_ID_LENGTH } from '../cors/configuration.ts'
import { quote } from '../cors/findings.ts'
import type { JsonFormat } from './json-rules.ts'
import { entry } from './json-search.ts'
import { type Export, eachRule, Losses } from './losses.ts'

/** Cloudflare API, "Put Bucket CORS Policy": the maximum of maxAgeSeconds. */
const MAX_AGE_SECONDS = 86_400

export const R2: JsonFormat = {
  vendor: 'R2',
  fields: {
    id: 'ID',
    origins: 'AllowedOrigin',
    methods: 'AllowedMethod',
    headers: 'AllowedHeader',
    exposeHeaders: 'ExposeHeader',
    maxAgeSeconds: 'MaxAgeSeconds',
  },
  rulesIn: root => {
    const result = entry(root, 'result') ?? root
    const rules = entry(result, 'rules')
    if (rules?.kind === 'array') return rules.items
    if (entry(root, 'success')?.value === false)
      return {
        at: root,
        code: 'other-format',
        reason: "The document is an error answer of Cloudflare's API, without rules.",
        hint: 'Correct the request to the API, and save its answer again.',
      }
    return rules === null
      ? {
          at: root,
          code: 'rules-missing',
          reason: 'R2 takes an object with "rules", and this document has none.',
          hint: 'Write {"rules": […]} around the rules.',
        }
      : {
          at: rules,
          code: 'wrong-type',
          reason: `The value of "rules" is of type ${rules.kind}, where an array of rules is expected.`,
          hint: 'Write an array of rules.',
        }
  },
  entriesOf: (rule, refuse) => {
    const allowed = entry(rule, 'allowed')
    const own = rule.entries.filter(({ key }) => key !== 'allowed')
    const foreign = own.find(({ key }) => /^allowed[_A-Z]/i.test(key))
    if (foreign !== undefined) {
      // R2's API answers "The JSON you provided was not well formed" (10040).
      refuse(
        foreign.start,
        'r2-shape',
        `R2 refuses the key "${quote(foreign.key)}" inside "rules": there, the conditions are in "allowed".`,
        'Write {"allowed": {"origins": […], "methods": […], "headers": […]}}; or S3 JSON, {"CORSRules": […]}, for the S3 API.',
      )
      return []
    }
    if (allowed !== null && allowed.kind !== 'object')
      refuse(
        allowed.start,
        'wrong-type',
        'The value of "allowed" is not an object.',
        'Write {"origins": […], "methods": […]}.',
      )
    return [...own, ...(allowed?.entries ?? [])]
  },
}

/** Writes R2's own shape. */
export function writeR2(configuration: Configuration): Export {
  const losses = new Losses('R2')
  const { rules } = eachRule(
    losses.cappedMaxAge(
      losses.withoutIds(losses.withoutResponseVary(losses.trimmed(configuration)), MAX_ID_LENGTH),
      MAX_AGE_SECONDS,
    ),
    (rule, path) => {
      rule.allowedOrigins.forEach((origin, i) => {
        checkOrigin(origin, `${path}/AllowedOrigin[${i + 1}]`, losses)
      })
      return rule
    },
  )
  const document = {
    rules: rules.map(rule => ({
      ...(rule.id === null ? {} : { id: rule.id }),
      allowed: {
        origins: rule.allowedOrigins,
        methods: rule.allowedMethods,
        ...(rule.allowedHeaders.length === 0 ? {} : { headers: rule.allowedHeaders }),
      },
      ...(rule.exposeHeaders.length === 0 ? {} : { exposeHeaders: rule.exposeHeaders }),
      ...(rule.maxAgeSeconds === null ? {} : { maxAgeSeconds: rule.maxAgeSeconds }),
    })),
  }
  return losses.conclude(() => `${JSON.stringify(document, null, 2)}\n`)
}

/** R2, "Configure CORS": an origin is `scheme://host[:port]`. A * in the host is accepted, one in the port refused. */
function checkOrigin(origin: string, path: string, losses: Losses): void {
  if (origin === '*') return
  const reason = /:\*?[^/:]*\*[^/:]*$/.test(origin.replace(/^[^:]*:\/\//, ''))
    ? 'R2 refuses a * in the port.'
    : /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+$/i.test(origin)
      ? null
      : 'R2 refuses an origin that is not scheme://host[:port].'
  if (reason === null) return
  losses.refused('origin-refused', path, origin, reason, 'List the origins one by one, each with its port.')
}
