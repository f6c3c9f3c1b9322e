/**
 * @module
 * What the Hono middleware must answer, in Node and in workerd.
 */

export const HONO_RULES = `<CORSConfiguration><CORSRule><AllowedOrigin>https://app.example.com</AllowedOrigin>
<AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>*</AllowedHeader>
<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>600</MaxAgeSeconds></CORSRule></CORSConfiguration>`

const APP = 'https://app.example.com'
const asked = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-a' }

export const HONO_CASES: readonly {
  readonly name: string
  readonly request: { readonly method: string; readonly headers: Readonly<Record<string, string>> }
  readonly status: number
  /** null: the header is missing. */
  readonly headers: Readonly<Record<string, string | null>>
}[] = [
  {
    name: 'answers an allowed preflight as the bucket does',
    request: { method: 'OPTIONS', headers: { origin: APP, ...asked } },
    status: 200,
    headers: {
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'GET,PUT',
      'access-control-allow-headers': 'x-a',
      'access-control-max-age': '600',
    },
  },
  {
    name: 'refuses a preflight that no rule allows',
    request: { method: 'OPTIONS', headers: { origin: 'https://evil.example', ...asked } },
    status: 403,
    headers: { 'access-control-allow-origin': null, 'content-type': 'application/xml' },
  },
  {
    name: 'answers an OPTIONS request that is not a preflight with an error of the bucket',
    request: { method: 'OPTIONS', headers: {} },
    status: 400,
    headers: { 'access-control-allow-origin': null },
  },
  {
    name: "replaces the handler's CORS headers and merges Vary",
    request: { method: 'GET', headers: { origin: APP } },
    status: 200,
    headers: {
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'ETag',
      vary: 'Accept, Origin',
    },
  },
]
