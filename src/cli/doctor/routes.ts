/**
 * @module
 * Routes: what `wrangler deploy --dry-run` accepts, and what does not work all the same.
 */

import type { DeploymentFacts, RouteFacts } from './config.ts'
import { type Diagnosis, error, warning } from './diagnosis.ts'

/** Checks each route, and that there is one. */
export function checkRoutes(facts: DeploymentFacts): Diagnosis[] {
  const { routes, config, place, vars } = facts
  if (routes.length === 0 && config.workers_dev !== true) {
    const text = `${place}: there is no route, and workers_dev is not true. No request reaches the Worker.`
    return [error('route-missing', text, 'Add a route, or workers_dev = true for a preview.')]
  }
  return routes.flatMap(route => checkRoute(route, place, vars))
}

function checkRoute(route: RouteFacts, place: string, vars: Readonly<Record<string, unknown>>): Diagnosis[] {
  const { pattern, host, path, isCustomDomain, zone, isBare } = route
  const where = `${place}: the route "${pattern}"`
  if (isBare)
    return [
      warning(
        'route-without-zone',
        `${where} names no zone. wrangler guesses it at the deployment.`,
        `Write { pattern = "${pattern}", zone_name = "<zone>" }.`,
      ),
    ]
  const found: Diagnosis[] = []
  if (zone !== null && !isIn(host, zone))
    found.push(
      error(
        'route-other-zone',
        `${where} is not in the zone "${zone}".`,
        'Write the zone_name that the host belongs to.',
      ),
    )
  if (isCustomDomain) {
    if (vars.ORIGIN === 'route')
      found.push(
        error(
          'route-custom-domain',
          `${where} is a custom domain, but ORIGIN is "route". On a custom domain the Worker is the origin: requests would go in a circle.`,
          `Write { pattern = "${host}/*", zone_name = "<zone>" }, and keep the DNS record of the bucket.`,
        ),
      )
    return found
  }
  if (!path.endsWith('*')) {
    const fixed = `${host}${path === '' || path.endsWith('/') ? `${path || '/'}*` : `${path}*`}`
    found.push(
      error(
        'route-without-star',
        `${where} has no * at its end. It matches that one URL only.`,
        `Write "${fixed}".`,
      ),
    )
  }
  const mount = vars.MOUNT
  if (typeof mount === 'string' && mount !== '' && !path.startsWith(mount))
    found.push(
      error(
        'route-not-mount',
        `${where} does not begin with MOUNT "${mount}".`,
        `Write "${host}${mount}/*".`,
      ),
    )
  return found
}

const isIn = (host: string, zone: string): boolean => {
  const name = host.replace(/^\*\.?/, '')
  const of = zone.toLowerCase()
  return name === of || name.endsWith(`.${of}`)
}
