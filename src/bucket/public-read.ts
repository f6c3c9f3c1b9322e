/**
 * @module
 * Which requests are anonymous reads of one public variant of an object, decided by allowlists of headers and
 * parameters. Only these are cached (CACHE) and only these get the edge's signature (SIGNING). Everything else goes
 * on uncached and unsigned.
 */

import type { DialectName } from '../cors/dialect.ts'
import { isImageProcessing } from './image-processing.ts'
import { hasOrdinaryHeaders, hasSignableHeaders } from './ordinary-headers.ts'
import { isRemovedHeader } from './request.ts'
import { carriesCredentials } from './signing/credentials.ts'
import { hasDotSegment, pathAndQuery } from './url.ts'

/** The settings of a host that say which parameters select a public variant. */
export interface PublicQuery {
  readonly dialect: DialectName
  /** Names of parameters, as they are written in a URL. */
  readonly cacheParameters: readonly string[]
}

/** More parameters than a public variant needs. */
const MAX_PARAMETERS = 32

/** Names of a version, by which pages get past caches. No bucket gives them a meaning. */
const VERSIONS: ReadonlySet<string> = new Set([
  ...['v', 'ver', 'version', 't', 'ts', 'timestamp', 'hash', 'rev', 'revision', 'build', '_'],
  ...['cb', 'cachebust', 'cachebuster'],
])
/** A number, a date, a digest or a release: too short, and of too few characters, for a signed token. */
const VERSION_VALUE = /^[\w.:~-]{0,64}$/
/** A version without a name, as in `style.css?1764103000`. */
const BARE_VERSION = /^\d{1,16}$/

/**
 * True if one response of the bucket may serve every client: an anonymous GET whose headers and parameters are all on
 * an allowlist.
 */
export const isCacheable = (request: Request, settings: PublicQuery): boolean =>
  request.method === 'GET' &&
  request.body === null &&
  !carriesCredentials(request) &&
  hasPublicQuery(request.url, settings) &&
  hasOrdinaryHeaders(request.headers, isRemovedHeader)

/** True if the edge may sign: an anonymous GET or HEAD of one object whose headers and parameters are all allowed. */
export const isSignable = (request: Request, settings: PublicQuery): boolean =>
  (request.method === 'GET' || request.method === 'HEAD') &&
  request.body === null &&
  !carriesCredentials(request) &&
  isObject(request.url) &&
  hasPublicQuery(request.url, settings) &&
  hasSignableHeaders(request.headers, isRemovedHeader)

/** True if the path names an object, not the bucket, however a bucket decodes it before it splits it. */
function isObject(url: string): boolean {
  const target = pathAndQuery(url)
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const decoded = path.replace(/%2f/gi, '/').replace(/%5c/gi, '\\')
  return !/^[/\\]*$/.test(decoded) && !hasDotSegment(`http://h${decoded}`)
}

/**
 * True if the query is empty, or if each parameter is a version, image processing that only reads, or named in
 * `cacheParameters`. Parameters are compared as written: no encoding makes one out of another.
 */
export function hasPublicQuery(url: string, { dialect, cacheParameters }: PublicQuery): boolean {
  const mark = url.indexOf('?')
  if (mark === -1 || mark === url.length - 1) return true
  const parameters = url.slice(mark + 1).split('&', MAX_PARAMETERS + 1)
  return (
    parameters.length <= MAX_PARAMETERS &&
    parameters.every(parameter => {
      const equals = parameter.indexOf('=')
      const name = equals === -1 ? parameter : parameter.slice(0, equals)
      const value = equals === -1 ? '' : parameter.slice(equals + 1)
      return (
        (VERSIONS.has(name) && VERSION_VALUE.test(value)) ||
        BARE_VERSION.test(parameter) ||
        cacheParameters.includes(name) ||
        isImageProcessing(parameter, dialect)
      )
    })
  )
}
