import { describe, expect, test } from 'vitest'
import { isForbiddenRequestHeader } from '../../../src/explain/header-names.ts'
import { type Paste, type PastedRequest, readPaste } from '../../../src/paste/read.ts'

const read = (text: string): Paste => {
  const paste = readPaste(text)
  if ('problem' in paste) throw new Error(paste.problem)
  return paste
}

const URL = 'https://files.example.com/photos/cat.png'
const PAGE = 'https://app.example.com'
const UPLOAD: PastedRequest = {
  url: URL,
  origin: PAGE,
  method: 'PUT',
  headers: ['authorization', 'content-type', 'x-cos-acl'],
  credentials: null,
  preflight: null,
}

/** As Chrome 156 copies an upload: the browser's own headers, the script's, and the body. */
const BASH = `curl '${URL}?sign=a%20b' \\
  -X 'PUT' \\
  -H 'sec-ch-ua-platform: "Linux"' \\
  -H 'Authorization: q-sign-algorithm=sha1&q-ak=AKID' \\
  -H 'Referer: ${PAGE}/' \\
  -H 'Origin: ${PAGE}' \\
  -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64)' \\
  -H 'Content-Type: image/png' \\
  -H 'x-cos-acl: it'\\''s' \\
  --data-raw $'\\x89PNG\\u0021 don\\'t; curl http://other.example/'`

const CMD = `curl ^"${URL}?a=1^&b=%^2F^" ^
  -X ^"PUT^" ^
  -H ^"Accept: */*^" ^
  -H ^"Authorization: say \\^"it\\^"^" ^
  -H ^"Origin: ${PAGE}^" ^
  -H ^"Content-Type: image/png^" ^
  -H ^"x-cos-acl: private^" ^
  --data-raw ^"^{^\\^"a^\\^":1^}^"`

describe('readPaste() of curl commands', () => {
  test.each([
    ['Copy as cURL (bash)', BASH],
    ['Copy as cURL (cmd)', CMD],
    ['the same with CRLF', CMD.replaceAll('\n', '\r\n')],
    ['the form of older Chromes for cmd', CMD.replaceAll('^"', '"')],
    [
      'typed by hand, behind a prompt',
      `$ curl -sSXPUT -T cat.png -u id:secret -H"Origin: ${PAGE}" -H content-type:image/png --header 'X-Cos-Acl;' ${URL}`,
    ],
  ])('reads %s', (_name, text) => {
    const { request, kind } = read(text)
    expect(kind).toBe('curl')
    expect({ ...request, headers: [...request.headers].sort() }).toEqual(UPLOAD)
  })

  test.each<[string, Partial<PastedRequest>]>([
    ['curl files.example.com/a', { url: 'http://files.example.com/a', method: 'GET', origin: null }],
    ['curl localhost:8787/a', { url: 'http://localhost:8787/a' }],
    ['curl -I https://f.example/', { method: 'HEAD' }],
    ['curl -sIo /dev/null.txt https://f.example/', { method: 'HEAD', url: 'https://f.example/' }],
    ['curl --url https://f.example/ -d a=b', { method: 'POST', headers: [] }],
    ['curl -G -d a=b https://f.example/', { method: 'GET' }],
    ['curl --json {} https://f.example/', { method: 'POST', headers: ['content-type'] }],
    ['curl -F a=@b.png https://f.example/', { method: 'POST', headers: [] }],
    ['curl -T a.png https://f.example/', { method: 'PUT' }],
    ['curl -r 0-9 https://f.example/', { headers: ['range'] }],
    ['curl -b a=b https://f.example/', { credentials: true, headers: [] }],
    [`curl -H 'Cookie: a=b' https://f.example/`, { credentials: true, headers: [] }],
    [`curl -H 'Accept:' -H 'X-A:' https://f.example/`, { headers: [] }],
    [`curl -H 'Content-Type: Text/Plain; charset=utf-8' https://f.example/`, { headers: [] }],
    [`curl -e https://app.example/a?b https://f.example/`, { origin: 'https://app.example' }],
    [`curl -H 'Origin: null' https://f.example/`, { origin: 'null' }],
    [
      `curl -i -X OPTIONS ${URL} -H 'Origin: ${PAGE}' -H 'Access-Control-Request-Method: PUT' -H 'Access-Control-Request-Headers: X-Cos-Acl, content-type'`,
      { ...UPLOAD, headers: ['x-cos-acl', 'content-type'], preflight: true },
    ],
  ])('reads %s', (text, request) => {
    expect(read(text).request).toMatchObject(request)
  })

  test('keeps no value, no query and no user', () => {
    const text = BASH.replace('https://files', 'https://user:pass@files')
    const told = JSON.stringify(read(text))
    expect(told).toContain(`"${URL}"`)
    for (const secret of ['AKID', 'sign=', 'user', 'pass', 'PNG', 'Mozilla'])
      expect(told).not.toContain(secret)
  })

  test('tells what it left out and how many commands it has not read', () => {
    const { request, missing } = read(
      `curl https://f.example/ -H 'Pragma: no-cache' -H 'x-a: 1' ;\ncurl https://g.example/`,
    )
    expect(request).toMatchObject({ url: 'https://f.example/', headers: ['x-a'] })
    expect(missing).toEqual([
      "It has no Origin header: the page's origin is not told.",
      'Left out, as browsers send it on their own: pragma.',
      'Only the first command is read, of 2.',
    ])
  })

  test('leaves out all headers that no script can set', () => {
    const names = [
      'Cookie',
      'Origin',
      'Host',
      'Sec-Fetch-Mode',
      'Proxy-Authorization',
      'Date',
      'Via',
      'TE',
      'Expect',
    ]
    expect(names.filter(name => !isForbiddenRequestHeader(name))).toEqual([])
    const text = `curl https://f.example/ ${names.map(name => `-H '${name}: 1'`).join(' ')} -H 'X-A: 1'`
    expect(read(text).request.headers).toEqual(['x-a'])
  })
})

describe('readPaste() of calls of fetch', () => {
  test('reads "Copy as fetch"', () => {
    const text = `await fetch("${URL}?sign=\\"(1)\\"", {
  "headers": { "authorization": "q-ak=AKID)", "content-type": "image/png", "sec-ch-ua": "\\"x\\"", "x-cos-acl": "a" },
  "referrer": "${PAGE}/page?q=1",
  "body": "a \\"quoted\\" ) body",
  "method": "PUT",
  "mode": "cors",
  "credentials": "include"
});`
    expect(read(text)).toMatchObject({ kind: 'fetch', request: { ...UPLOAD, credentials: true } })
    expect(JSON.stringify(read(text))).not.toContain('AKID')
  })

  test('reads a call without options, and says what other calls lack', () => {
    expect(read(`fetch("${URL}")`).request).toMatchObject({ url: URL, method: 'GET', origin: null })
    // A browser writes the first in upper case, and not the second.
    for (const [method, sent] of [
      ['put', 'PUT'],
      ['patch', 'patch'],
    ])
      expect(read(`fetch("${URL}", {"method": "${method}"})`).request.method).toBe(sent)
    expect(readPaste(`fetch("${URL}", { method: 'PUT', body })`)).toEqual({
      problem: 'Of calls of fetch, only those that "Copy as fetch" writes can be read.',
    })
  })
})

describe('readPaste() of anything else', () => {
  test.each([
    ['', 'There is no text.'],
    ['hello', 'There is no console error of Chrome, Firefox or Safari in this text'],
    ['curl: (7) Failed to connect', 'There is no console error'],
    ['curl -v', 'The curl command names no URL.'],
    ['x'.repeat(256 * 1024 + 1), 'The text is too long: paste the message alone'],
    ['x'.repeat(16 * 1024 * 1024 + 1), 'The text is too long: a HAR may have 16 MiB.'],
  ])('says why it can not', (text, problem) => {
    expect(readPaste(text)).toEqual({ problem: expect.stringContaining(problem) })
  })
})
