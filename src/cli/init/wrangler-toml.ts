/**
 * @module
 * The wrangler.toml of a made project.
 */

import { TESTED_DATE } from '../doctor/schedule.ts'
import type { InitAnswers } from './answers.ts'

/** The package's own Worker, uploaded byte for byte. */
const WORKER = 'node_modules/edge-preflight/dist/index.js'

/** Returns the configuration: production at the top level, and [env.staging] if asked for. */
export function wranglerToml(answers: InitAnswers): string {
  const name =
    answers.host
      .replace(/[^a-z0-9-]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 50) || 'edge-preflight'
  return `# The edge of ${answers.host}. The README of edge-preflight has every setting.
# \`npm run doctor\` checks this file. \`npm run deploy\` checks it, then uploads the Worker.
name = "${name}"
${codeLines(answers)}
compatibility_date = "${TESTED_DATE}"
send_metrics = false
workers_dev = false

${routeLines(answers, answers.host)}

# wrangler creates this namespace at the first deployment. Publish the rules after it.
[[kv_namespaces]]
binding = "RULES"

[vars]
${varLines(answers)}

[observability]
enabled = true
${answers.staging === null ? '' : staging(answers, answers.staging)}`
}

const codeLines = ({ hasCode }: InitAnswers): string =>
  hasCode
    ? `main = "src/index.ts"\nminify = true\n# Names for stack traces would be set on every closure of every request.\nkeep_names = false`
    : `main = "${WORKER}"\n# The file is complete: it is uploaded as it is.\nno_bundle = true`

function routeLines({ kind, zone, mount }: InitAnswers, host: string): string {
  switch (kind) {
    case 'custom-domain':
      return `# The Worker is the origin of this domain. wrangler creates its DNS record.\nroutes = [{ pattern = "${host}", custom_domain = true }]`
    case 'zone':
      return `# The DNS record of this domain stays the bucket's. It must be proxied.\nroutes = [{ pattern = "${host}/*", zone_name = "${zone}" }]`
    case 'mount':
      return `# The bucket, below a path of the pages' own domain.\nroutes = [{ pattern = "${host}${mount}/*", zone_name = "${zone}" }]`
  }
}

function varLines({ kind, bucket, dialect, mount }: InitAnswers): string {
  const origin =
    kind === 'zone'
      ? '# Requests go on with their own URL: the domain is also a domain of the bucket.\nORIGIN = "route"'
      : `# The bucket's own domain.\nORIGIN = "${bucket}"`
  return [origin, `DIALECT = "${dialect}"`, ...(kind === 'mount' ? [`MOUNT = "${mount}"`] : [])].join('\n')
}

/** An environment inherits neither variables nor bindings. */
const staging = (answers: InitAnswers, host: string): string => `
# \`npm run deploy -- --env staging\`: the same bucket behind another name.
[env.staging]
${host === '' ? 'routes = []\nworkers_dev = true' : routeLines(answers, host)}

[[env.staging.kv_namespaces]]
binding = "RULES"

[env.staging.vars]
${varLines(answers)}
`
