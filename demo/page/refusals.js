// @ts-check
/**
 * @module
 * Requests that the rules refuse, and one that they allow: what a script gets, and what the edge said.
 */

import { byId, make } from './dom.js'

/** @typedef {{ label: string, method: string, headers: Record<string, string>, sandboxed?: true }} Attempt */

/** @type {readonly Attempt[]} */
const ATTEMPTS = [
  { label: 'A header that no rule allows', method: 'GET', headers: { 'x-not-allowed': '1' } },
  { label: 'A method that no rule can allow', method: 'PATCH', headers: {} },
  { label: 'From a frame of origin “null”', method: 'DELETE', headers: {}, sandboxed: true },
  { label: 'An allowed one, to compare', method: 'GET', headers: { range: 'bytes=0-4' } },
]
const PATH = '/hello.txt'
/** For how long a sandboxed frame may take. In milliseconds. */
const FRAME_MS = 10_000

/** @param {string} edge */
export function offerRefusals(edge) {
  byId('refusals').replaceChildren(
    ...ATTEMPTS.map(attempt => {
      const button = make('button', attempt.label)
      button.type = 'button'
      button.addEventListener('click', async () => {
        button.disabled = true
        byId('script-answer').textContent = await attemptIt(edge, attempt)
        byId('edge-answer').textContent = await ask(attempt)
        byId('answers').hidden = false
        button.disabled = false
      })
      return button
    }),
  )
}

/**
 * @param {string} edge
 * @param {Attempt} attempt
 */
function attemptIt(edge, { method, headers, sandboxed }) {
  const call = { url: edge + PATH, method, headers }
  return sandboxed ? inFrame(call) : outcome(call)
}

/** @param {{ url: string, method: string, headers: Record<string, string> }} call */
async function outcome({ url, method, headers }) {
  const told = `await fetch('${url}', ${JSON.stringify({ method, headers }, null, 2)})\n\n`
  try {
    const response = await fetch(url, { method, headers, cache: 'no-store' })
    return `${told}${response.status} ${response.statusText}\n${[...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n')}\n\n${await response.text()}`
  } catch (problem) {
    return told + problem
  }
}

/**
 * The same in a sandboxed frame, whose origin is "null".
 *
 * @param {object} call
 * @returns {Promise<string>}
 */
function inFrame(call) {
  const frame = make('iframe')
  frame.setAttribute('sandbox', 'allow-scripts')
  frame.src = '/frame.html'
  frame.title = 'A frame of origin null'
  return new Promise(resolve => {
    const timer = setTimeout(() => finish('The frame did not answer.'), FRAME_MS)
    /** @param {MessageEvent} event */
    function hear(event) {
      if (event.source === frame.contentWindow) finish(String(event.data))
    }
    /** @param {string} text */
    function finish(text) {
      clearTimeout(timer)
      removeEventListener('message', hear)
      frame.remove()
      resolve(text)
    }
    addEventListener('message', hear)
    frame.addEventListener('load', () => frame.contentWindow?.postMessage(call, '*'))
    byId('frames').append(frame)
  })
}

/**
 * Has the page's server ask the same preflight, and writes down the answer as it came.
 *
 * @param {Attempt} attempt
 */
async function ask({ method, headers, sandboxed }) {
  const question = {
    path: PATH,
    origin: sandboxed ? 'null' : location.origin,
    method,
    headers: Object.keys(headers).join(','),
  }
  const response = await fetch('/ask', { method: 'POST', body: JSON.stringify(question) })
  if (!response.ok) return `The page's server answered with ${response.status}.`
  const { status, reason, rawHeaders, body } = await response.json()
  const lines = [`${status} ${reason}`]
  for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`)
  return `${lines.join('\n')}\n\n${body}`
}
