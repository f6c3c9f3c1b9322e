// @ts-check
/**
 * @module
 * The demo page's start: where the edge is, a COS client that goes through it, and the page's three parts.
 */

import { byId } from './dom.js'
import { showObjects } from './objects.js'
import { offerRefusals } from './refusals.js'
import { showTraffic } from './traffic.js'

/** @param {unknown} problem */
function tell(problem) {
  const place = byId('problem')
  place.textContent = problem instanceof Error ? problem.message : String(problem)
  place.hidden = false
}

/**
 * Shows which way this page goes to the bucket, and the other one.
 *
 * @param {import('./objects.js').Settings} settings
 */
function offerWays({ isMounted, pages }) {
  document.body.dataset.way = isMounted ? 'mounted' : 'cross-origin'
  for (const [id, href, isHere] of /** @type {const} */ ([
    ['way-cross-origin', pages.crossOrigin, !isMounted],
    ['way-mounted', pages.mounted, isMounted],
  ])) {
    const link = /** @type {HTMLAnchorElement} */ (byId(id))
    link.href = href
    if (isHere) link.setAttribute('aria-current', 'page')
  }
}

try {
  const response = await fetch('/settings.json')
  if (!response.ok) throw new Error(`The page's server answered with ${response.status}.`)
  /** @type {import('./objects.js').Settings} */
  const settings = await response.json()
  offerWays(settings)
  byId('page-origin').textContent = location.origin
  byId('edge-origin').textContent = settings.edge
  byId('secret-id').textContent = settings.key.secretId

  // The log first: the list below is the first request, and its preflight should be seen.
  await showTraffic()
  if (!settings.isMounted) offerRefusals(settings.edge)
  await showObjects(settings)
} catch (problem) {
  tell(problem)
}
