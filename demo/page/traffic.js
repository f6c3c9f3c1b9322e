// @ts-check
/**
 * @module
 * The requests that reach the edge, newest first, as its log tells them.
 */

import { byId, make } from './dom.js'

/** Rows kept on the page. */
const MAX_ROWS = 200

/** Resolves once the log is being followed. */
export async function showTraffic() {
  const rows = byId('traffic')
  const sum = byId('traffic-sum')
  const preflights = { allowed: 0, refused: 0 }
  let requests = 0

  /** @param {import('../traffic.ts').Traffic} traffic */
  function show(traffic) {
    rows.prepend(traffic.kind === 'refusal' ? refusalRow(traffic) : exchangeRow(traffic))
    if (rows.children.length > MAX_ROWS) rows.lastElementChild?.remove()
    if (traffic.kind === 'refusal') return
    if (traffic.method !== 'OPTIONS') requests++
    else if (traffic.status >= 400) preflights.refused++
    else preflights.allowed++
    tell()
  }

  function tell() {
    const { allowed, refused } = preflights
    sum.textContent = `${allowed + refused} preflights answered without the bucket (${allowed} allowed, ${refused} refused), ${requests} other requests.`
  }

  byId('clear').addEventListener('click', () => {
    rows.replaceChildren()
    preflights.allowed = preflights.refused = requests = 0
    tell()
  })

  const events = new EventSource('/events')
  events.addEventListener('message', ({ data }) => show(JSON.parse(data)))
  events.addEventListener('error', () => {
    sum.textContent = 'The log has stopped: is npm start still running?'
  })
  await new Promise(resolve => events.addEventListener('open', resolve, { once: true }))
}

/** @param {import('../traffic.ts').Exchange} exchange */
function exchangeRow({ method, path, status, ms }) {
  const isPreflight = method === 'OPTIONS'
  const isRefused = status >= 400
  const row = make('tr')
  row.className = `${isPreflight ? 'preflight' : 'actual'} ${isRefused ? 'refused' : 'allowed'}`
  const request = make('td')
  request.append(make('b', method), ` ${decode(path)}`)
  const answer = make('td')
  const badge = make('span', isPreflight ? `${status} ${isRefused ? 'refused' : 'allowed'}` : String(status))
  badge.className = 'badge'
  answer.append(badge)
  const took = make('td', `${ms} ms`)
  took.className = 'number'
  const time = make('td', new Date().toLocaleTimeString('en-GB'))
  row.append(time, make('td', isPreflight ? 'preflight' : 'request'), request, answer, took)
  return row
}

/**
 * The reason of a refusal. It is logged just before its exchange, so it comes to stand below it.
 *
 * @param {import('../traffic.ts').Refusal} refusal
 */
function refusalRow({ origin, method, check, value }) {
  const why = {
    origin: `no rule allows the origin ${value}`,
    method: `no rule allows ${value} for ${origin}`,
    header: `no rule allows the header ${value} with ${method} for ${origin}`,
    'header-list': `the list of requested headers is refused: ${value}`,
    'no-rules': 'the bucket has no CORS rules',
  }[check]
  const row = make('tr')
  row.className = 'reason'
  const reason = make('td', `${why ?? `${check}: ${value}`} `)
  reason.colSpan = 3
  reason.append(playgroundLink({ origin, method, headers: check === 'header' ? value : '' }))
  row.append(make('td'), make('td'), reason)
  return row
}

/**
 * A link to the playground with this request and the demo's rules in its fragment, which stays in the browser.
 *
 * @param {{ origin: string, method: string, headers: string }} request
 */
function playgroundLink(request) {
  const link = make('a', 'Why?')
  const url = `${byId('edge-origin').textContent}/exampleobject`
  /** @param {Record<string, string>} more */
  const lead = more => {
    link.href = `/playground/#${new URLSearchParams({ ...request, url, ...more })}`
  }
  link.target = '_blank'
  link.rel = 'noopener'
  lead({})
  fetch('/rules.xml')
    .then(response => response.text())
    .then(rules => lead({ rules }))
    // Without the demo's rules the link leads to the playground's own.
    .catch(() => {})
  return link
}

/** @param {string} path */
function decode(path) {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
