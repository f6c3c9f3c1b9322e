import { describe, expect, test } from 'vitest'
import { type Paste, readPaste } from '../../../src/paste/read.ts'

const URL = 'https://files.example.com/photos/cat.png'
const PAGE = 'https://app.example.com'

const read = (value: unknown): Paste => {
  const paste = readPaste(JSON.stringify(value))
  if ('problem' in paste) throw new Error(paste.problem)
  return paste
}

type Headers = Readonly<Record<string, string>>
const listed = (headers: Headers) => Object.entries(headers).map(([name, value]) => ({ name, value }))
const entry = (method: string, url: string, sent: Headers, status: number, received: Headers = {}) => ({
  request: { method, url, httpVersion: 'h2', headers: listed(sent) },
  response: { status, headers: listed(received), content: { size: 0, text: 'body' } },
})

const PREFLIGHT = entry(
  'OPTIONS',
  `${URL}?sign=1`,
  {
    Origin: PAGE,
    'Access-Control-Request-Method': 'PUT',
    'Access-Control-Request-Headers': 'content-type,x-cos-acl',
  },
  403,
)
const ALLOWED_PREFLIGHT = {
  ...PREFLIGHT,
  response: { status: 200, headers: listed({ 'Access-Control-Allow-Origin': PAGE }) },
}
const UPLOAD = entry(
  'PUT',
  `${URL}?sign=1`,
  { Referer: `${PAGE}/`, 'Content-Type': 'image/png', 'x-cos-acl': 'private', Cookie: 'a=b' },
  0,
)
const PAGE_LOAD = entry('GET', `${PAGE}/`, { 'Sec-Fetch-Mode': 'navigate' }, 200)
const SAME_ORIGIN = entry('POST', `${PAGE}/api`, { Origin: PAGE }, 500)
const READ = entry('GET', 'https://files.example.com/list', { Origin: PAGE }, 200, {
  'access-control-allow-origin': '*',
})
const FAILED_READ = entry('GET', 'https://files.example.com/list', { Origin: PAGE }, 200)

describe('readPaste() of a HAR', () => {
  test('takes the failed preflight and its request, and counts what else failed', () => {
    const entries = [PAGE_LOAD, SAME_ORIGIN, READ, PREFLIGHT, UPLOAD, FAILED_READ]
    expect(read({ log: { version: '1.2', entries } })).toEqual({
      kind: 'har',
      browser: null,
      says: null,
      status: 403,
      request: {
        url: URL,
        origin: PAGE,
        method: 'PUT',
        headers: ['content-type', 'x-cos-acl'],
        credentials: true,
        preflight: true,
      },
      missing: [`Taken: OPTIONS ${URL}, of 6 entries.`, 'One other URL failed too.'],
    })
  })

  test('takes the request itself where its preflight was allowed', () => {
    const withOrigin = { ...UPLOAD, request: { ...UPLOAD.request, headers: listed({ Origin: PAGE }) } }
    expect(read({ log: { entries: [ALLOWED_PREFLIGHT, withOrigin] } })).toMatchObject({
      status: null,
      request: { method: 'PUT', headers: ['content-type', 'x-cos-acl'], preflight: false },
      missing: [`Taken: PUT ${URL}, of 2 entries.`],
    })
  })

  test.each([
    ['one entry', JSON.stringify(PREFLIGHT)],
    ['a line of a HAR', `${JSON.stringify(PREFLIGHT)},`],
    ['the request of an entry', `"request": ${JSON.stringify(PREFLIGHT.request)},`],
  ])('reads %s', (_name, text) => {
    expect(readPaste(text)).toMatchObject({ request: { method: 'PUT', origin: PAGE, preflight: true } })
  })

  test('takes the origin of the Referer where there is no Origin, and the headers that a script set', () => {
    expect(read(UPLOAD)).toMatchObject({
      request: { origin: PAGE, method: 'PUT', headers: ['content-type', 'x-cos-acl'], preflight: null },
      missing: ['It has no Origin header: the origin comes from the Referer.'],
    })
  })

  test('says that nothing failed where nothing did', () => {
    expect(read({ log: { entries: [PAGE_LOAD, READ] } })).toMatchObject({
      request: { url: 'https://files.example.com/list', origin: PAGE, method: 'GET' },
      missing: [
        'No entry has a request that CORS failed.',
        'Taken: GET https://files.example.com/list, of 2 entries.',
      ],
    })
  })

  const mode = (name: string, site = 'cross-site') => ({
    'Sec-Fetch-Mode': name,
    'Sec-Fetch-Site': site,
    Referer: `${PAGE}/`,
  })
  const withError = (item: object, _error: string) => ({
    ...item,
    response: { status: 0, headers: [], _error },
  })
  const BEFORE = [
    {
      ...entry('GET', 'wss://live.example.com/', { Origin: PAGE, Upgrade: 'websocket' }, 101),
      _resourceType: 'websocket',
    },
    entry('GET', URL, mode('no-cors'), 403),
    entry('POST', 'https://login.example.com/', { ...mode('navigate'), Origin: PAGE }, 403),
    withError(entry('POST', 'https://ads.example.com/', { Origin: PAGE }, 0), 'net::ERR_BLOCKED_BY_CLIENT'),
    withError(entry('GET', 'https://files.example.com/old', { Origin: PAGE }, 0), 'net::ERR_ABORTED'),
    entry('GET', 'data:text/plain,a', {}, 200),
    // Another host's failure, and a failed request of the rules' host that came before the preflight.
    entry('GET', 'https://fonts.example.com/a', { Origin: PAGE }, 200),
    FAILED_READ,
  ]

  test('takes the failed preflight of the host whose rules are asked, whatever stands before it', () => {
    const har = JSON.stringify({ log: { entries: [...BEFORE, PREFLIGHT, UPLOAD] } })
    expect(readPaste(har, 'files.example.com')).toMatchObject({
      status: 403,
      request: { url: URL, method: 'PUT', preflight: true },
      missing: [`Taken: OPTIONS ${URL}, of 10 entries.`, '2 other URLs failed too.'],
    })
    expect(readPaste(har, 'none.example.com')).toMatchObject({
      request: { url: URL },
      missing: expect.arrayContaining(['It has no CORS request to none.example.com.']),
    })
  })

  test('says what a HAR without a CORS request holds instead', () => {
    const har = JSON.stringify({ log: { entries: BEFORE.slice(0, 3) } })
    expect(readPaste(har, 'files.example.com')).toEqual({
      problem: `The HAR has no CORS request to files.example.com: only an image, a script or a form without CORS, an opened page, a WebSocket. GET ${URL} is an image, a script or a form without CORS, for which rules do not matter: its 403 is not CORS.`,
    })
  })

  test("reads Safari's failed request, which has no preflight beside it", () => {
    const failed = withError(
      entry('PUT', URL, { Origin: PAGE, 'Content-Type': 'image/png' }, 0),
      'Preflight response is not successful. Status code: 403',
    )
    expect(read({ log: { entries: [PAGE_LOAD, failed] } })).toMatchObject({
      status: 403,
      request: { method: 'PUT', headers: ['content-type'], preflight: true },
    })
  })

  test("says that a response without CORS headers came from the browser's cache", () => {
    const cached = { ...FAILED_READ, _fromCache: 'disk' }
    expect(read({ log: { entries: [cached] } }).missing).toContain(
      "The response came from the browser's cache: docs/troubleshooting.md#works-once.",
    )
  })

  test('says that other JSON is not a HAR', () => {
    for (const value of [{}, [], { log: {} }, { log: { entries: [{}, null, 1] } }, { request: { url: 1 } }]) {
      expect(readPaste(JSON.stringify(value))).toEqual({
        problem: 'This JSON is not a HAR: it has no entry with a request.',
      })
    }
  })
})
