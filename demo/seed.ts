/**
 * @module
 * The first content of the demo bucket: a few objects and its CORS configuration, uploaded through the edge.
 */

import COS from 'cos-nodejs-sdk-v5'

/** The key pair that the demo bucket knows. */
export interface DemoKey {
  readonly secretId: string
  readonly secretKey: string
}

const OBJECTS: readonly { path: string; type: string; body: string }[] = [
  {
    path: '/hello.txt',
    type: 'text/plain; charset=utf-8',
    body: 'Hello from the bucket, through the edge.\n',
  },
  {
    path: '/data/tides.csv',
    type: 'text/csv; charset=utf-8',
    body: 'time,metres\n00:12,1.42\n06:31,4.87\n12:40,1.35\n18:58,5.02\n',
  },
  {
    path: '/images/edge.svg',
    type: 'image/svg+xml',
    body: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 80" font-family="sans-serif" font-size="13">
  <g fill="none" stroke="#0f766e" stroke-width="2">
    <rect x="2" y="22" width="60" height="36" rx="8"/><rect x="90" y="22" width="60" height="36" rx="8"/>
    <rect x="178" y="22" width="60" height="36" rx="8"/><path d="M62 40h28M150 40h28"/>
  </g>
  <g fill="#0f766e" text-anchor="middle">
    <text x="32" y="45">page</text><text x="120" y="45">edge</text><text x="208" y="45">bucket</text>
  </g>
</svg>
`,
  },
]

/**
 * Puts the objects and the CORS document (COS "PUT Bucket cors") into the bucket behind `edge`.
 *
 * @param edge such as `http://localhost:8787`
 * @throws Error with the bucket's answer if it refuses one of them
 */
export const seed = async (edge: string, key: DemoKey, corsXml: string): Promise<void> => {
  await put(edge, key, '/', 'cors', 'application/xml', corsXml)
  for (const { path, type, body } of OBJECTS) await put(edge, key, path, '', type, body)
}

async function put(
  edge: string,
  key: DemoKey,
  path: string,
  query: '' | 'cors',
  type: string,
  body: string,
): Promise<void> {
  const authorization = COS.getAuthorization({
    SecretId: key.secretId,
    SecretKey: key.secretKey,
    Method: 'PUT',
    Pathname: path,
    Query: query ? { [query]: '' } : {},
    Headers: { Host: new URL(edge).host, 'Content-Type': type },
  })
  const response = await fetch(`${edge}${path}${query && `?${query}`}`, {
    method: 'PUT',
    headers: { authorization, 'content-type': type },
    body,
  })
  if (!response.ok)
    throw new Error(`PUT ${path} was answered with ${response.status}: ${await response.text()}`)
}
