/**
 * @module
 * Values of variables, as the Worker's own reader judges them, and placeholders.
 */

import { type Env, readSettings } from '../../settings/settings.ts'
import { isLoopback } from '../../settings/upstream.ts'
import { visible } from '../print/terminal.ts'
import { type DeploymentFacts, routeHosts } from './config.ts'
import { type Diagnosis, error, warning } from './diagnosis.ts'

/** `init` writes names under `.invalid`; the others are examples of documents. */
const PLACEHOLDER =
  /(?:^|[./@])[\w-]*\.invalid(?=$|[/:*])|^<[^>]*>$|\bREPLACE\b|\bCHANGE_?ME\b|\bexamplebucket-1250000000\b|^0{32}$/i

const isPlaceholder = (value: unknown): boolean => typeof value === 'string' && PLACEHOLDER.test(value)

/** Checks that no placeholder is left, and that every value is one that the Worker accepts. */
export function checkValues(facts: DeploymentFacts): Diagnosis[] {
  return [...placeholders(facts), ...invalidValues(facts), ...origins(facts)]
}

function placeholders({ config, vars, routes, place }: DeploymentFacts): Diagnosis[] {
  const found: Diagnosis[] = []
  const add = (where: string, value: string, fix: string) =>
    found.push(error('placeholder', `${place}: ${where} is the placeholder "${visible(value)}".`, fix))
  for (const [name, value] of Object.entries(vars))
    if (isPlaceholder(value)) add(name, String(value), fixOf(name))
  for (const { pattern, zone } of routes) {
    if (isPlaceholder(pattern) || /\.invalid(?:$|[/:])/i.test(pattern))
      add('a route', pattern, 'Write the domain that your pages use for the bucket.')
    if (isPlaceholder(zone)) add('zone_name', zone ?? '', 'Write the zone of your Cloudflare account.')
  }
  for (const { id } of config.kv_namespaces ?? [])
    if (isPlaceholder(id))
      add(
        'the id of the KV namespace',
        id ?? '',
        'Remove the id: wrangler creates the namespace at the first deploy.',
      )
  return found
}

const fixOf = (name: string): string =>
  name === 'ORIGIN'
    ? "Write the bucket's own domain, such as https://<bucket>.s3.<region>.amazonaws.com."
    : 'Write its value.'

function invalidValues({ config, vars, place }: DeploymentFacts): Diagnosis[] {
  const has = (list: readonly { readonly binding: string }[] | undefined, name: string) =>
    list?.some(({ binding }) => binding === name) === true
  const env = {
    ...vars,
    ...(has(config.kv_namespaces, 'RULES') ? { RULES: { get: () => null } } : {}),
    ...(has(config.services, 'BUCKET') ? { BUCKET: { fetch: () => null } } : {}),
    ...(has(config.analytics_engine_datasets, 'EVENTS') ? { EVENTS: { writeDataPoint: () => null } } : {}),
  } as unknown as Env
  return readSettings(env).problems.flatMap(({ code, name, value, accepted }) => {
    // Secrets are not in the file: the online part lists them.
    if (code === 'MissingSecret') return []
    if (code === 'MissingBinding') {
      const fix =
        name === 'RULES'
          ? 'Add [[kv_namespaces]] with binding = "RULES".'
          : 'Add [[services]] with binding = "BUCKET".'
      return [error('binding-missing', `${place}: the binding ${name} is missing: ${accepted}.`, fix)]
    }
    const shown = value === '' ? '' : ` "${visible(value)}"`
    return [
      error('variable-invalid', `${place}: ${name} has the invalid value${shown}.`, `Accepted: ${accepted}.`),
    ]
  })
}

function origins(facts: DeploymentFacts): Diagnosis[] {
  const { vars, place, config } = facts
  const origin = vars.ORIGIN
  if (origin === undefined || origin === '') {
    const inherited = facts.env === '' ? '' : ' An environment inherits no variables.'
    return [
      error(
        'origin-missing',
        `${place}: ORIGIN is not set.${inherited}`,
        'Set ORIGIN under [vars] to the bucket, route or service.',
      ),
    ]
  }
  if (typeof origin !== 'string' || !URL.canParse(origin)) return []
  const { hostname } = new URL(origin)
  if (isLoopback(hostname))
    return [
      error(
        'origin-loopback',
        `${place}: ORIGIN is "${visible(origin)}", which Cloudflare cannot reach.`,
        'Write the public domain of the bucket.',
      ),
    ]
  if (routeHosts(facts).includes(hostname.toLowerCase()))
    return [
      error(
        'origin-is-edge',
        `${place}: ORIGIN "${visible(origin)}" is also a route of the Worker, so requests go in a circle.`,
        'Write the bucket\'s own domain, or ORIGIN = "route" with a zone route.',
      ),
    ]
  if (/^\d+\.\d+\.\d+\.\d+$|^\[/.test(hostname) && config.workers_dev !== true)
    return [
      warning(
        'origin-address',
        `${place}: ORIGIN "${visible(origin)}" is an IP address, which Workers cannot fetch.`,
        'Write a domain name.',
      ),
    ]
  return []
}
