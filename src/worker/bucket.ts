/**
 * @module
 * How the Worker reaches the bucket of a host: by its URL, by the request's own URL, or by the BUCKET service binding.
 */

import { upstreamRequest } from '../bucket/request.ts'
import { type Sent, send, uploadMs } from '../bucket/send.ts'
import type { Sign, SignedBody } from '../bucket/signing/authorization.ts'
import { watchBody } from '../bucket/upload.ts'
import { ownUrl, pathAndQuery, signedUrl, upstreamUrl } from '../bucket/url.ts'
import type { HostSettings } from '../settings/host-settings.ts'
import type { Upstream } from '../settings/upstream.ts'
import type { Edge } from './edge.ts'

type Fetcher = (request: Request, init: RequestInit) => Promise<Response>

/** Returns the `fetch` that reaches the bucket. */
export function fetcherOf({ env }: Edge, { kind }: Upstream): Fetcher {
  const binding = kind === 'service' ? env.BUCKET : undefined
  return binding === undefined ? fetch : binding.fetch.bind(binding)
}

function urlAt(upstream: Upstream, url: string, isSigned: boolean): string {
  if (upstream.kind === 'url') return upstreamUrl(upstream.base, url)
  return isSigned ? signedUrl(url) : ownUrl(url)
}

/** Returns the bucket's URL of a request, and the bucket's own URL; null if the settings name no bucket. */
export function upstreamUrlOf(
  { upstream }: HostSettings,
  request: Request,
): { upstream: string; base: string } | null {
  if (upstream === null) return null
  const url = urlAt(upstream, request.url, false)
  return { upstream: url, base: url.slice(0, url.length - pathAndQuery(ownUrl(request.url)).length) }
}

/**
 * Sends a request to the bucket of a host.
 *
 * @param sign signs each attempt of a request that the edge has to sign
 * @param keepCors true for a preflight that is forwarded whole
 * @param body set if the request's body has signatures of its own
 * @returns null if the settings name no bucket
 */
export function sendToBucket(
  edge: Edge,
  { upstream, upstreamTimeoutMs }: HostSettings,
  request: Request,
  init: RequestInit,
  sign: Sign | null,
  keepCors = false,
  body?: SignedBody,
): Promise<Sent> | null {
  if (upstream === null) return null
  const url = urlAt(upstream, request.url, sign !== null)
  const fetcher = fetcherOf(edge, upstream)
  const upload = watchBody(request, body?.pass)
  const retry = (request.method === 'GET' || request.method === 'HEAD') && request.body === null
  return send(
    () => {
      const sent = upstreamRequest(url, upload?.request ?? request, keepCors)
      return sign === null ? sent : sign(sent)
    },
    (sent, signal) => fetcher(sent, { ...init, ...signal }),
    upstreamTimeoutMs + uploadMs(request),
    retry,
    upload,
  )
}
