import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { isForbiddenRequestHeader } from '../../../src/explain/header-names.ts'
import { OPTIONS_WITH_VALUE } from '../../../src/paste/curl-options.ts'
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
    // By value: Fetch safelists a range with a beginning.
    ['curl -r 0-9 https://f.example/', { headers: [] }],
    ['curl -r -500 https://f.example/', { headers: ['range'] }],
    ['curl -C 100 https://f.example/', { headers: [] }],
    [
      `curl -H 'Accept: text/plain (old)' -H 'If-Range: "a"' https://f.example/`,
      { headers: ['accept', 'if-range'] },
    ],
    // Each option with a value, and none of its values taken for the URL.
    [
      `curl -s -D headers.txt --interface 10.0.0.5 --retry-delay 2.5 --stderr err.log --dns-servers 1.1.1.1 -o out.txt -T a.png https://f.example/`,
      { url: 'https://f.example/', method: 'PUT' },
    ],
    [
      'curl --no-such-option value.txt https://f.example/ --next https://g.example/',
      { url: 'https://f.example/', method: 'GET' },
    ],
    [
      `curl -X OPTIONS "https://f.example/k" -H \u201cOrigin: ${PAGE}\u201d -H \u201cAccess-Control-Request-Method: PUT\u201d`,
      { origin: PAGE, method: 'PUT', preflight: true },
    ],
    [
      `curl -iXOPTIONS -H"Origin: ${PAGE}" -H 'Access-Control-Request-Method: PUT' -H 'Access-Control-Request-Headers;' ${URL}`,
      { method: 'PUT', headers: [], preflight: true },
    ],
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
    const kept = JSON.stringify(read(text))
    expect(kept).toContain(`"${URL}"`)
    for (const secret of ['AKID', 'sign=', 'user', 'pass', 'PNG', 'Mozilla'])
      expect(kept).not.toContain(secret)
  })

  test('reports what it left out and how many commands it did not read', () => {
    const { request, missing } = read(
      `curl https://f.example/ -H 'Pragma: no-cache' -H 'x-a: 1' ;\ncurl https://g.example/`,
    )
    expect(request).toMatchObject({ url: 'https://f.example/', headers: ['x-a'] })
    expect(missing).toEqual([
      "It has no Origin header: the page's origin is unknown.",
      'Left out, as browsers send it on their own: pragma.',
      'Only the first command is read, of 2.',
    ])
  })

  test('calls OPTIONS without Access-Control-Request-Method, and the reverse, no preflight', () => {
    const bare = read(`curl -X OPTIONS -H 'Origin: ${PAGE}' ${URL}`)
    expect(bare.request).toMatchObject({ method: 'OPTIONS', origin: PAGE, preflight: false })
    expect(bare.missing).toEqual([
      'An OPTIONS request without Access-Control-Request-Method is not a CORS preflight.',
    ])
    const get = read(`curl -H 'Origin: ${PAGE}' -H 'Access-Control-Request-Method: PUT' ${URL}`)
    expect(get.request).toMatchObject({ method: 'GET', preflight: false })
    expect(get.missing).toEqual([
      'It has Access-Control-Request-Method, but its method is GET: a preflight is an OPTIONS request.',
    ])
  })

  test('takes the status of the answer behind the command', () => {
    const text = `$ curl -v -X OPTIONS -H 'Origin: ${PAGE}' -H 'Access-Control-Request-Method: PUT' ${URL}\n> OPTIONS / HTTP/2\n< HTTP/2 403\n< a: b`
    expect(read(text)).toMatchObject({ status: 403, request: { preflight: true } })
  })

  test('knows every option of the curl of this machine that takes a value', context => {
    let help: string
    try {
      help = execFileSync('curl', ['--help', 'all'], { encoding: 'utf8' })
    } catch {
      return context.skip('there is no curl on this machine')
    }
    // "-H, --header <header/@file>": the value stands in brackets; proxies have an optional scheme before it.
    const options = [...help.matchAll(/^ ?(?:-., | {4})--([\w.-]+) (?=[<[])/gm)].map(([, name = '']) => name)
    expect(options.length).toBeGreaterThan(100)
    // `--help <category>` is no option of a request.
    expect(options.filter(name => name !== 'help' && !OPTIONS_WITH_VALUE.includes(name))).toEqual([])
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

describe('readPaste() of other commands', () => {
  const POWERSHELL = `$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession
$session.Cookies.Add((New-Object System.Net.Cookie("a", "b", "/", "files.example.com")))
Invoke-WebRequest -UseBasicParsing -Uri "${URL}?a=1" \`
-Method "PUT" \`
-WebSession $session \`
-Headers @{
"Accept"="*/*"
  "Authorization"="say \`"it\`""
  "Origin"="${PAGE}"
  "x-cos-acl"="private"
} \`
-ContentType "image/png" \`
-Body "{}"`

  test.each<[string, string, Partial<PastedRequest>]>([
    ['PowerShell as Chrome copies it', POWERSHELL, { ...UPLOAD, credentials: true }],
    [
      'HTTPie',
      `$ http -v PUT ${URL} Origin:${PAGE} content-type:image/png x-cos-acl:private authorization:a < cat.png`,
      UPLOAD,
    ],
    [
      'HTTPie with JSON',
      `https files.example.com/a Origin:${PAGE} a=b`,
      { url: 'https://files.example.com/a', method: 'POST', headers: ['content-type'] },
    ],
    [
      'a preflight of HTTPie',
      `http OPTIONS ${URL} Origin:${PAGE} Access-Control-Request-Method:PUT Access-Control-Request-Headers:x-a`,
      { method: 'PUT', headers: ['x-a'], preflight: true },
    ],
    [
      'wget',
      `wget -S --method=PUT -O /dev/null --header='Origin: ${PAGE}' --header "x-cos-acl: private" ${URL}`,
      { url: URL, method: 'PUT', origin: PAGE, headers: ['x-cos-acl'] },
    ],
  ])('reads %s', (_name, text, request) => {
    const paste = read(text)
    expect(paste.kind).toBe('command')
    const sorted = (list: readonly string[] | undefined) => [...(list ?? [])].sort()
    expect(sorted(paste.request.headers)).toEqual(sorted(request.headers))
    expect(paste.request).toMatchObject({ ...request, headers: paste.request.headers })
  })

  test('names the program whose command has no URL', () => {
    expect(readPaste('Invoke-WebRequest -Method PUT')).toEqual({
      problem: 'The PowerShell command names no URL.',
    })
    expect(readPaste('wget --method=PUT')).toEqual({ problem: 'The wget command names no URL.' })
  })
})

describe('readPaste() of error documents and rows', () => {
  const error = (code: string, message: string) =>
    `<?xml version='1.0'?>\n<Error><Code>${code}</Code><Message>${message}</Message><Resource>files.example.com/a</Resource></Error>`

  test("separates the CORS rules' refusal from the bucket's own", () => {
    expect(read(error('AccessForbidden', 'CORSResponse: This CORS request is not allowed.'))).toMatchObject({
      says: 'accessforbidden',
      status: 403,
      request: { url: 'https://files.example.com/a' },
    })
    expect(readPaste(error('AccessDenied', 'Access Denied'))).toEqual({
      problem:
        "The error code is AccessDenied: this is the bucket's own answer, not its CORS rules. See docs/troubleshooting.md#accessforbidden.",
    })
    expect(readPaste(`PUT ${URL} 403 (Forbidden)`)).toEqual({
      problem: expect.stringContaining('This row has no CORS message'),
    })
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

  test('reads "Copy as fetch (Node.js)": the Referer gives the origin, the cookie the credentials', () => {
    const text = `fetch("${URL}", {
  "headers": {
    "accept": "*/*",
    "accept-language": "en-US,en;q=0.9",
    "authorization": "q-ak=AKID",
    "cache-control": "no-cache",
    "content-type": "image/png",
    "priority": "u=1, i",
    "sec-fetch-mode": "cors",
    "x-cos-acl": "a",
    "cookie": "a=b",
    "Referer": "${PAGE}/"
  },
  "body": null,
  "method": "PUT"
});`
    expect(read(text)).toMatchObject({
      request: { ...UPLOAD, credentials: true },
      missing: [
        'A call does not name its origin: it comes from the referrer.',
        'Left out, as browsers send it on their own: cache-control.',
      ],
    })
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
    ['hello', 'There is no console error of a browser in this text'],
    ['curl: (7) Failed to connect', 'There is no console error'],
    ['curl -v', 'The curl command names no URL.'],
    ['x'.repeat(256 * 1024 + 1), 'The text is too long: paste the message alone'],
    ['x'.repeat(16 * 1024 * 1024 + 1), 'The text is too long: a HAR may have 16 MiB.'],
  ])('says why it can not', (text, problem) => {
    expect(readPaste(text)).toEqual({ problem: expect.stringContaining(problem) })
  })
})
