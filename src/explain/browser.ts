/**
 * @module
 * What a browser does with an answer: whether it asks at all, whether it goes on, and how long it remembers.
 * Source: Fetch standard, "CORS-preflight fetch", "CORS check", "CORS-safelisted request-header".
 */

/** How long each browser remembers a preflight at most, in seconds; without Max-Age it is 5 (Fetch standard). */
export const MAX_AGE_CAPS = { Chrome: 7200, Firefox: 86_400, Safari: 600 } as const
export type Browser = keyof typeof MAX_AGE_CAPS
const DEFAULT_MAX_AGE = 5

const SAFELISTED_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST'])

/**
 * A request as a script makes it. Not a `CorsRequest`: that is what of it reaches the edge. Safelisted headers are
 * here too, and whether it goes with credentials, which no request header tells.
 */
export interface ScriptRequest {
  readonly origin: string
  readonly method: string
  /** Lower-cased names of the headers that the script sets. */
  readonly headers: readonly string[]
  /** The values of some of them, by lower-cased name: whether a preflight asks for a header may depend on its value. */
  readonly values?: Readonly<Record<string, string>>
  /** Lower-cased names that a preflight asks for in any case: a message or a log names them. */
  readonly asked?: readonly string[]
  /** It listens to the progress of its upload, or sends a stream: that causes a preflight on its own. */
  readonly upload?: boolean
  /** Response headers that the script reads. */
  readonly reads?: readonly string[]
  /** `credentials: 'include'`: with cookies or TLS client certificates. */
  readonly credentials: boolean
}

/** An answer, as far as CORS goes: lower-cased names. */
export interface CorsAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
}

export interface BrowserVerdict {
  readonly goesOn: boolean
  /** Why, as one sentence. */
  readonly reason: string
}

/** What a preflight depends on. */
interface PreflightCause {
  readonly method: string
  /** The names that the preflight asks for. */
  readonly headers: readonly string[]
  /** Of these, the names that it asks for only with some values. */
  readonly maybe?: readonly string[]
  readonly upload?: boolean
}

/** Returns why a browser sends a preflight for this request, or null if it sends none. */
export function whyPreflight({ method, headers, maybe = [], upload = false }: PreflightCause): string | null {
  if (!SAFELISTED_METHODS.has(method)) return `the method ${method} is not GET, HEAD or POST`
  const asked = headers.filter(name => !maybe.includes(name))
  if (asked.length > 0) return `the script sets ${asked.join(', ')}`
  if (upload) return 'an upload listener, or a stream as body, causes a preflight'
  return maybe.length === 0 ? null : `the value of ${maybe.join(' and ')} may need permission`
}

const refuse = (reason: string): BrowserVerdict => ({ goesOn: false, reason })

/** What a browser does with the answer to its preflight: send the request, or fail it. The same in all three. */
export function judgePreflight(request: ScriptRequest, answer: CorsAnswer): BrowserVerdict {
  const check = corsCheck(request, answer)
  if (!check.goesOn) return check
  if (answer.status < 200 || answer.status > 299)
    return refuse(`a preflight must be answered with a 2xx status, and this is ${answer.status}`)
  const methods = items(answer.headers['access-control-allow-methods'])
  const anyMethod = methods.includes('*') && !request.credentials
  if (!SAFELISTED_METHODS.has(request.method) && !methods.includes(request.method) && !anyMethod)
    return refuse(`Access-Control-Allow-Methods does not name ${request.method}`)
  const allowed = items(answer.headers['access-control-allow-headers']).map(name => name.toLowerCase())
  const anyHeader = allowed.includes('*') && !request.credentials
  for (const name of request.headers) {
    if (allowed.includes(name)) continue
    if (anyHeader && name !== 'authorization') continue
    return refuse(
      anyHeader
        ? 'Access-Control-Allow-Headers: * does not cover Authorization, which must be named'
        : `Access-Control-Allow-Headers does not name ${name}`,
    )
  }
  return { goesOn: true, reason: 'the preflight allows the request' }
}

/** What a browser does with an actual response: give it to the script, or keep it from it ("CORS check"). */
export function corsCheck({ origin, credentials }: ScriptRequest, { headers }: CorsAnswer): BrowserVerdict {
  const allowed = headers['access-control-allow-origin']
  if (allowed === undefined) return refuse('there is no Access-Control-Allow-Origin')
  if (allowed === '*' && credentials)
    return refuse('Access-Control-Allow-Origin: * is not accepted for a request with credentials')
  if (allowed !== '*' && allowed !== origin)
    return refuse(`Access-Control-Allow-Origin is ${allowed}, not the page's origin`)
  if (credentials && headers['access-control-allow-credentials'] !== 'true')
    return refuse('Access-Control-Allow-Credentials is not true, and the request is sent with credentials')
  return { goesOn: true, reason: 'the script may read the response' }
}

/** How long each browser remembers this preflight, in seconds. */
export function remembers(answer: CorsAnswer): Record<Browser, number> {
  const text = answer.headers['access-control-max-age']
  const seconds = text === undefined || !/^\d+$/.test(text) ? DEFAULT_MAX_AGE : Number(text)
  const capped = (browser: Browser) => Math.min(seconds, MAX_AGE_CAPS[browser])
  return { Chrome: capped('Chrome'), Firefox: capped('Firefox'), Safari: capped('Safari') }
}

const items = (list: string | undefined): string[] =>
  (list ?? '')
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')
