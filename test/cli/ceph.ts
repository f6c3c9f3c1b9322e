/**
 * @module
 * The CORS answers of Ceph's RADOS Gateway, restated from its source (src/rgw/rgw_cors.cc, rgw_op.cc, rgw_rest_s3.cc).
 * Unlike S3: the first rule whose origins match decides alone; the two ends of a pattern may overlap; the preflight gets
 * the request method back and never Allow-Credentials; the exposed headers are sorted.
 */

import type { Configuration, Rule } from '../../src/cors/configuration.ts'
import type { CorsRequest } from '../../src/cors/request.ts'

function inSet(patterns: readonly string[], text: string): boolean {
  return patterns.some(pattern => {
    const star = pattern.indexOf('*')
    if (star < 0) return pattern === text
    return text.startsWith(pattern.slice(0, star)) && text.endsWith(pattern.slice(star + 1))
  })
}

const lower = (names: readonly string[]) => names.map(name => name.toLowerCase())

function refused(status: number, code: string): Response {
  return new Response(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`, { status })
}

/** Answers a preflight. */
export function cephPreflight({ rules }: Configuration, request: CorsRequest): Response {
  const { origin, method, requestedHeaders } = request
  if (origin === null || method === null) return refused(400, 'InvalidArgument')
  const rule = rules.find(each => inSet(each.allowedOrigins, origin))
  const names = requestedHeaders?.split(/[,=\s]+/).filter(name => name !== '') ?? []
  const isAllowed = (each: Rule) =>
    (each.allowedMethods as readonly string[]).includes(method) &&
    names.every(name => inSet(lower(each.allowedHeaders), name.toLowerCase()))
  if (rule === undefined || !isAllowed(rule)) return refused(403, 'AccessDenied')
  const headers = new Headers({
    'access-control-allow-origin': origin,
    vary: 'Origin',
    'access-control-allow-methods': method,
  })
  if (names.length > 0) headers.set('access-control-allow-headers', names.join(','))
  const exposed = rule.exposeHeaders.toSorted().join(',')
  if (exposed !== '') headers.set('access-control-expose-headers', exposed)
  if (rule.maxAgeSeconds !== null) headers.set('access-control-max-age', String(rule.maxAgeSeconds))
  return new Response(null, { status: 200, headers })
}
