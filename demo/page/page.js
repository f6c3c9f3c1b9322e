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

try {
  const response = await fetch('/settings.json')
  if (!response.ok) throw new Error(`The page's server answered with ${response.status}.`)
  /** @type {import('./objects.js').Settings} */
  const settings = await response.json()
  byId('page-origin').textContent = location.origin
  byId('edge-origin').textContent = settings.edge
  byId('secret-id').textContent = settings.key.secretId

  // The log first: the list below is the first request, and its preflight should be seen.
  await showTraffic()
  offerRefusals(settings.edge)
  await showObjects(settings)
} catch (problem) {
  tell(problem)
}
