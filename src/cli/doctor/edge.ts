/**
 * @module
 * The deployed edge: whether the Worker answers, and nothing in front of it changes its answers.
 */

import type { IncomingMessage } from 'node:http'
import type { Configuration } from '../../cors/configuration.ts'
import { send } from '../http/send.ts'
import { visible } from '../print/terminal.ts'
import { reasonOf } from '../user-error.ts'
import { type Diagnosis, error, ok, warning } from './diagnosis.ts'

/** The requested key. It need not exist. */
const PATH = '/edge-preflight-doctor'
const STRANGER = 'https://stranger.example'
const IDS = ['x-cos-request-id', 'x-amz-request-id']

interface EdgeReply {
  readonly status: number
  /** Lower-case name → the value of each line. */
  readonly headers: ReadonlyMap<string, readonly string[]>
}

/** Sends requests to the edge, and to the bucket if it is known, and judges the answers. */
export async function checkEdge(
  edge: string,
  host: string | null,
  bucket: string | null,
  rules: Configuration | null,
): Promise<Diagnosis[]> {
  const origin = allowedOrigin(rules)
  const preflight: [string, string][] = [
    ['Origin', origin ?? STRANGER],
    ['Access-Control-Request-Method', rules?.rules[0]?.allowedMethods[0] ?? 'GET'],
  ]
  let answer: EdgeReply
  try {
    answer = await ask(edge, host, 'OPTIONS', preflight)
  } catch (reason) {
    const text = `The edge ${visible(edge)} does not answer: ${visible(reasonOf(reason))}.`
    return [error('edge-unreachable', text, 'Check the URL, the DNS record and the route.')]
  }
  const found = judge(edge, answer, origin !== null)
  if (found.some(({ status }) => status === 'error')) return found
  if (origin !== null) found.push(...(await varyIgnored(edge, host, origin)))
  found.push(...(await redirected(edge, preflight)))
  if (bucket !== null && origin !== null) found.push(...(await bypassed(bucket, preflight)))
  return found
}

function judge(edge: string, { status, headers }: EdgeReply, isAllowed: boolean): Diagnosis[] {
  const of = (name: string) => headers.get(name) ?? []
  const at = `The edge ${visible(edge)}`
  if (of('location').some(url => url.includes('cloudflareaccess.com')))
    return [
      error(
        'edge-access',
        `${at}: Cloudflare Access answers the preflight with a login page.`,
        'Add a bypass policy for OPTIONS requests in Zero Trust, Access, Applications.',
      ),
    ]
  if (of('cf-mitigated').length > 0)
    return [
      error(
        'edge-challenge',
        `${at}: the firewall answers the preflight with a challenge.`,
        'Add a WAF rule that skips challenges for OPTIONS requests.',
      ),
    ]
  if (!IDS.some(name => of(name).length > 0))
    return [
      error(
        'edge-other',
        `${at}: HTTP ${status} without a request ID of the edge. Another server answers.`,
        'Check the DNS record, the route, and Snippets or redirect rules of the zone.',
      ),
    ]
  const origins = of('access-control-allow-origin').flatMap(line => line.split(','))
  if (origins.length > 1)
    return [
      error(
        'edge-two-origins',
        `${at}: the answer has ${origins.length} values of Access-Control-Allow-Origin. Browsers reject that.`,
        'Remove the Transform Rule, or the header that another layer sets.',
      ),
    ]
  if (status >= 500)
    return [
      error(
        'edge-failing',
        `${at}: HTTP ${status}.`,
        'Run `npm exec -- wrangler tail`, and search docs/reliability.md for the code.',
      ),
    ]
  if (isAllowed && status !== 200)
    return [
      error(
        'edge-refuses',
        `${at}: HTTP ${status} to a preflight that the rules file allows.`,
        'Publish the rules: `npm run rules -- publish --remote`.',
      ),
    ]
  const [, revision] = /\brevision;desc="?([\w-]{1,64})/.exec(of('server-timing').join(',')) ?? []
  const shown = revision === undefined ? '' : ` Revision ${revision}.`
  return [ok('edge', `${at}: the Worker answers.${shown}`)]
}

/** A cache that ignores Vary gives one origin's answer to another origin. */
async function varyIgnored(edge: string, host: string | null, origin: string): Promise<Diagnosis[]> {
  await ask(edge, host, 'GET', [['Origin', origin]])
  const second = await ask(edge, host, 'GET', [['Origin', STRANGER]])
  if (!(second.headers.get('access-control-allow-origin') ?? []).includes(origin)) return []
  const text = `The edge ${visible(edge)}: a cache in front gives ${STRANGER} the answer for ${visible(origin)}. It ignores Vary.`
  return [
    error('edge-cache', text, 'Exclude the host from Cache Rules and other caches in front of the edge.'),
  ]
}

async function redirected(edge: string, preflight: [string, string][]): Promise<Diagnosis[]> {
  if (!edge.startsWith('https:')) return []
  const answer = await ask(edge.replace('https:', 'http:'), null, 'OPTIONS', preflight).catch(() => null)
  if (answer === null || answer.status < 300 || answer.status > 399) return []
  const text = `http://${new URL(edge).host} redirects preflights to https. Browsers do not follow redirects of preflights.`
  return [warning('edge-redirect', text, 'Use https:// URLs in every page.')]
}

/** Whether pages can read the bucket past the edge. */
async function bypassed(bucket: string, preflight: [string, string][]): Promise<Diagnosis[]> {
  const answer = await ask(bucket, null, 'OPTIONS', preflight).catch(() => null)
  if (answer === null || !answer.headers.has('access-control-allow-origin')) return []
  const text = `The bucket ${visible(bucket)} answers preflights of pages itself, so pages can go past the edge.`
  return [
    warning(
      'bucket-open',
      text,
      'Once every page uses the edge, remove the CORS configuration of the bucket, or keep it for a rollback.',
    ),
  ]
}

const allowedOrigin = (rules: Configuration | null): string | null =>
  rules?.rules
    .flatMap(({ allowedOrigins }) => allowedOrigins)
    .find(origin => /^https?:\/\/[^*\s]+$/.test(origin)) ?? null

const ask = (base: string, host: string | null, method: string, headers: [string, string][]) =>
  send(
    { base, host },
    { method, path: PATH, headers },
    () => false,
    async (response): Promise<EdgeReply> => {
      response.destroy()
      return { status: response.statusCode ?? 0, headers: linesOf(response) }
    },
  )

function linesOf({ rawHeaders }: IncomingMessage): Map<string, string[]> {
  const lines = new Map<string, string[]>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase()
    lines.set(name, [...(lines.get(name) ?? []), rawHeaders[at + 1] ?? ''])
  }
  return lines
}
