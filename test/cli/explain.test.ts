import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { columns } from '../../src/cli/print/layout.ts'
import { MemoryKv, useKv } from './memory-kv.ts'
import { Project } from './rules.ts'

const RULES = `<CORSConfiguration>
  <CORSRule>
    <ID>uploads</ID>
    <AllowedOrigin>https://app.example</AllowedOrigin>
    <AllowedMethod>PUT</AllowedMethod>
    <AllowedMethod>POST</AllowedMethod>
    <AllowedHeader>content-type</AllowedHeader>
    <AllowedHeader>content-md5</AllowedHeader>
    <ExposeHeader>ETag</ExposeHeader>
    <MaxAgeSeconds>86400</MaxAgeSeconds>
  </CORSRule>
  <CORSRule>
    <AllowedOrigin>*</AllowedOrigin>
    <AllowedMethod>GET</AllowedMethod>
    <AllowedHeader>*</AllowedHeader>
  </CORSRule>
</CORSConfiguration>
`

const project = new Project({
  'app.example.xml': RULES,
  'bad.xml': RULES.replace('PUT', 'put'),
  'none.json': '{"CORSRules":[]}',
  'many.json': JSON.stringify(
    Array.from({ length: 100 }, (_, i) => ({
      AllowedOrigins: [`https://tenant${i}.example`],
      AllowedMethods: ['GET'],
    })),
  ),
})
afterAll(() => project.remove())

const explain = (file: string, ...args: string[]) => project.run(['explain', file, ...args])
const from = (origin: string, method: string, ...rest: string[]) => [
  '--origin',
  origin,
  '--method',
  method,
  ...rest,
]

describe('rules explain', () => {
  test('shows the decision rule by rule, the answer, what a browser does, and the smallest change', async () => {
    const args = from('https://app.example', 'PUT', '--headers', 'Content-Type,x-cos-acl')
    expect(await project.rules(['explain', 'app.example.xml', ...args])).toEqual({
      code: 1,
      out: `Preflight for PUT from https://app.example with content-type, x-cos-acl
Refused, by the rules of app.example.xml (cos).

Rule 1 uploads
  ✓ origin   https://app.example
  ✓ method   PUT
  ✗ headers  not x-cos-acl; allowed: content-type, content-md5
Rule 2
  ✓ origin   *
  ✗ method   only GET
  ✓ headers  content-type, x-cos-acl

Rule 1 would allow it but for \`x-cos-acl\`.
Rule 2 would allow it but for the method PUT.

The edge answers
  403
  content-type: application/xml
  x-content-type-options: nosniff
  x-cos-request-id: …
  x-cos-trace-id: …

  <?xml version='1.0' encoding='utf-8' ?>
  <Error>
    <Code>AccessForbidden</Code>
    <Message>CORSResponse: This CORS request is not allowed. This is usually
    because the evalution of Origin, request method /
    Access-Control-Request-Method or Access-Control-Requet-Headers are not
    whitelisted by the resource&apos;s CORS spec</Message>
    <Resource>app.example/exampleobject</Resource>
    <RequestId>…</RequestId>
    <TraceId>…</TraceId>
  </Error>

A browser
  It asks first: the method PUT is not GET, HEAD or POST.
  It fails the request: there is no Access-Control-Allow-Origin.

To allow it
  add to rule 1: <AllowedHeader>x-cos-acl</AllowedHeader>
  That also allows:
    - https://app.example may send x-cos-acl with PUT, POST.
`,
      err: '',
    })
  })

  test('shows how each browser uses the answer to an allowed preflight', async () => {
    const { code, out } = await explain('app.example.xml', ...from('https://app.example', 'PUT'))
    expect(code).toBe(0)
    expect(out).toContain('Allowed by rule 1,')
    expect(out).toContain('1 later rule not asked: the first that matches answers.\n')
    expect(out.slice(out.indexOf('The edge'))).toBe(`The edge answers
  200
  access-control-allow-credentials: true
  access-control-allow-headers: content-type,content-md5
  access-control-allow-methods: PUT,POST
  access-control-allow-origin: https://app.example
  access-control-expose-headers: ETag
  access-control-max-age: 86400
  x-cos-request-id: …

A browser
  It asks first: the method PUT is not GET, HEAD or POST.
  It goes on, and the script may read the response.
  It remembers that for this URL: Chrome 7200 s, Firefox 86400 s, Safari 600 s.
`)
  })

  test.each([
    [
      'a request that needs no preflight',
      ['https://x.example', 'GET'],
      0,
      'It sends the request without asking',
    ],
    [
      'credentials, which * forbids',
      ['https://x.example', 'GET', '--credentials'],
      1,
      '* is not accepted for a request with credentials',
    ],
    [
      'Authorization, which the edge names instead of *',
      ['https://x.example', 'GET', '--headers', 'Authorization'],
      0,
      'access-control-allow-headers: authorization',
    ],
    [
      'headers that no preflight names',
      ['https://x.example', 'GET', '--headers', 'accept,cookie'],
      0,
      'No preflight names cookie: it needs no permission, or no script can set it. A\npreflight may name accept:',
    ],
    [
      'the actual request: the headers on the bucket’s answer',
      ['https://app.example', 'PUT', '--actual', '--headers', 'x-cos-acl'],
      0,
      "The bucket's answer, with these headers\n  access-control-allow-credentials: true",
    ],
    [
      'an actual request that is refused',
      ['https://x.example', 'PUT', '--actual'],
      1,
      'The script gets an error instead of the response: there is no',
    ],
    ['a method outside the five', ['https://x.example', 'PATCH'], 1, 'No rule can allow the method PATCH'],
    [
      'two origins',
      ['https://a.example, https://b.example', 'GET'],
      1,
      'the request has more than one Origin',
    ],
    [
      'S3',
      ['https://x.example', 'PUT', '--dialect', 's3'],
      1,
      '<Method>PUT</Method><ResourceType>OBJECT</ResourceType>',
    ],
  ])('explains %s', async (_case, args, code, text) => {
    const [origin = '', method = '', ...rest] = args
    const result = await explain('app.example.xml', ...from(origin, method, ...rest))
    expect(result.code).toBe(code)
    expect(result.out).toContain(text)
  })

  test('leaves out, of many rules, those that have little to do with the request', async () => {
    const { out } = await explain('many.json', ...from('https://tenant42.example', 'PUT'))
    expect(out).toContain(`Rule 43
  ✓ origin   https://tenant42.example
  ✗ method   only GET
  ✓ headers  none asked for
99 other rules asked: neither the origin nor all of the rest.
`)
  })

  test('fits into 80 columns, what can not be broken apart', async () => {
    const { out } = await explain(
      'app.example.xml',
      ...from('https://a-page-with-a-long-name.example', 'DELETE'),
    )
    expect(out.split('\n').filter(line => line.length > columns())).toEqual([])
  })

  test('prints all of it as one document with --json', async () => {
    const { out } = await explain(
      'app.example.xml',
      ...from('https://app.example', 'POST', '--headers', 'x-a', '--json'),
    )
    const { judged, change, answer, ...rest } = JSON.parse(out)
    expect(rest).toEqual({
      rules: 'app.example.xml',
      revision: null,
      dialect: 'cos',
      request: {
        origin: 'https://app.example',
        method: 'POST',
        headers: ['x-a'],
        actual: false,
        credentials: false,
        url: 'https://app.example/exampleobject',
        requestedHeaders: 'x-a',
        unasked: [],
      },
      allowed: false,
      answeredBy: null,
      unusable: null,
      passedOn: true,
      browser: {
        asks: 'the script sets x-a',
        verdict: { goesOn: false, reason: 'there is no Access-Control-Allow-Origin' },
        remembers: null,
      },
    })
    expect(judged[0]).toEqual({
      rule: 1,
      id: 'uploads',
      matches: false,
      origin: 'https://app.example',
      method: true,
      missingHeaders: ['x-a'],
      missing: 1,
    })
    expect(change.steps).toEqual([{ kind: 'add-header', rule: 1, value: 'x-a' }])
    expect(answer.status).toBe(403)
  })

  describe('--paste', () => {
    const PREFLIGHT =
      "Access to XMLHttpRequest at 'https://app.example/cat.png?sign=1' from origin 'https://app.example' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource."
    const paste = (text: string, ...args: string[]) => {
      project.write('pasted.txt', text)
      return explain('app.example.xml', '--paste', 'pasted.txt', ...args)
    }

    test('explains the request of a curl command, summed up in one line', async () => {
      const { code, out } = await paste(
        `curl 'https://app.example/cat.png' -X PUT -H 'Origin: https://app.example' -H 'X-Cos-Acl: private'`,
      )
      expect(code).toBe(1)
      expect(out).toContain(`Read from a curl command: PUT https://app.example/cat.png from
https://app.example with x-cos-acl.

Preflight for PUT from https://app.example with x-cos-acl
Refused, by the rules of `)
      expect(out).toContain('<Resource>app.example/cat.png</Resource>')
    })

    test('takes what the text lacks from the options, which win', async () => {
      const { out } = await paste(
        PREFLIGHT,
        '--method',
        'PUT',
        '--origin',
        'https://b.example',
        '--headers',
        'X-A',
      )
      expect(out).toContain(
        'Chrome says allow-origin-missing: preflight for https://app.example/cat.png from',
      )
      expect(out).toContain('Preflight for PUT from https://b.example with x-a\n')
    })

    test('reads standard input', async () => {
      const args = [
        'explain',
        'app.example.xml',
        '--paste',
        '-',
        '--method',
        'POST',
        '--headers',
        '',
        '--json',
      ]
      const { code, out } = await project.run(args, { input: PREFLIGHT })
      expect(code).toBe(0)
      expect(JSON.parse(out)).toMatchObject({
        paste: { says: 'allow-origin-missing', request: { preflight: true } },
        request: { origin: 'https://app.example', method: 'POST', url: 'https://app.example/cat.png' },
        answeredBy: 1,
      })
    })

    test('reads a file in UTF-16', async () => {
      project.write('pasted.txt', Buffer.from(`\uFEFF${PREFLIGHT}`, 'utf16le'))
      const { out } = await explain('app.example.xml', '--paste', 'pasted.txt', '--method', 'PUT')
      expect(out).toContain('Preflight for PUT from https://app.example')
    })

    test('asks about the request itself where the message is about it, and reports assumptions', async () => {
      const { out } = await paste(
        PREFLIGHT.replace(/Response to preflight .*: /, '').replace('//app.example/', '//other.example/'),
      )
      expect(out.replace(/\s+/g, ' ')).toContain(
        'The request went to other.example, and these are the rules of app.example.',
      )
      expect(out).toContain('\nRequest from https://app.example\n')
    })

    test('answers for each method where the text names none, and never "Allowed" without the headers', async () => {
      const { code, out } = await paste(PREFLIGHT)
      expect(code).toBe(2)
      expect(out.slice(out.indexOf('Preflight from'))).toBe(`Preflight from https://app.example
Undetermined, by the rules of app.example.xml (cos).

  GET     allowed by rule 2
  PUT     allowed with these headers: rule 1 uploads: content-type, content-md5
  POST    allowed with these headers: rule 1 uploads: content-type, content-md5
  DELETE  refused
  HEAD    refused

The text does not give all that decides it: name the method with --method and
the headers with --headers.

About the message: docs/troubleshooting.md#allow-origin-missing.
`)
      const put = await paste(PREFLIGHT, '--method', 'PUT')
      expect(put.code).toBe(2)
      expect(
        put.out,
      ).toContain(`Undetermined, by the rules of app.example.xml (cos): it depends on the headers
that the script sets.

Rules for PUT from this origin allow these headers:
  rule 1 uploads: content-type, content-md5
`)
      const json = JSON.parse((await paste(PREFLIGHT, '--method', 'PUT', '--json')).out)
      expect(json).toMatchObject({
        allowed: null,
        rulesFor: [{ rule: 1, id: 'uploads', headers: ['content-type', 'content-md5'] }],
      })
      const each = JSON.parse((await paste(PREFLIGHT, '--json')).out)
      expect(each.allowed).toBeNull()
      expect(each.methods.map((item: { allowed: unknown }) => item.allowed)).toEqual([
        true,
        null,
        null,
        false,
        false,
      ])
      // More headers never help: what is refused without them is refused.
      expect(await paste(PREFLIGHT, '--method', 'DELETE')).toMatchObject({ code: 1 })
      expect(await paste(PREFLIGHT, '--method', 'PUT', '--headers', '')).toMatchObject({ code: 0 })
    })

    test('treats a header that the message names as asked for, whatever its name', async () => {
      const named = PREFLIGHT.replace(
        /Response to .*/,
        'Request header field accept is not allowed by Access-Control-Allow-Headers in preflight response.',
      )
      const { code, out } = await paste(named, '--method', 'PUT')
      expect(code).toBe(1)
      expect(out).toContain('Preflight for PUT from https://app.example with accept\n')
      expect(out).toContain('add to rule 1: <AllowedHeader>accept</AllowedHeader>')
      expect(out).toContain('About the message: docs/troubleshooting.md#header-not-allowed.')
    })

    test('answers OPTIONS without Access-Control-Request-Method with the 400 of the Worker', async () => {
      const { code, out } = await paste(
        "curl -X OPTIONS -H 'Origin: https://app.example' https://app.example/a",
      )
      expect(code).toBe(1)
      expect(out.replace(/\s+/g, ' ')).toContain('is not a CORS preflight.')
      expect(out).toContain('The edge answers\n  400\n')
      expect(out).toContain('Invalid Access-Control-Request-Method: null')
      expect(out.replace(/\s+/g, ' ')).toContain('A preflight names the method of the request')
    })

    test('takes from a HAR the request of the host whose rules are asked', async () => {
      const entry = (url: string) => ({
        request: {
          method: 'OPTIONS',
          url,
          headers: [
            { name: 'Origin', value: 'https://app.example' },
            { name: 'Access-Control-Request-Method', value: 'PUT' },
          ],
        },
        response: { status: 403, headers: [] },
      })
      const har = JSON.stringify({
        log: { entries: [entry('https://other.example/a'), entry('https://app.example/b')] },
      })
      const { code, out } = await paste(har)
      expect([code, out.replace(/\s+/g, ' ')]).toEqual([
        0,
        expect.stringContaining('Read from a HAR: preflight for PUT https://app.example/b'),
      ])
    })

    test.each([
      ['hello', 'There is no console error'],
      [
        'curl https://app.example/',
        "It has no Origin header: the page's origin is unknown. Name the page with --origin.",
      ],
      [
        'TypeError: Failed to fetch',
        'the reason is in another line of the console. See docs/troubleshooting.md#no-reason',
      ],
    ])('says what %j lacks', async (text, problem) => {
      expect(await paste(text)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(problem) })
    })
  })

  test('prints what the README shows', async () => {
    const args = [
      '--origin',
      'https://shop.example.com',
      '--method',
      'GET',
      '--headers',
      'range,x-cos-traffic-limit',
    ]
    project.write('rules/localhost.xml', readFileSync('rules/localhost.xml'))
    const { out } = await explain('rules/localhost.xml', ...args)
    const readme = readFileSync('README.md', 'utf8')
    expect(readme).toContain(`$ npm run rules -- explain rules/localhost.xml ${args.join(' ')}\n`)
    expect(readme).toContain(out.slice(0, out.indexOf('<?xml')))
    expect(readme).toContain(out.slice(out.indexOf('</Error>')))
  })

  test.each([
    ['https://app.example/', 'The origin ends with a slash', 'https://app.example'],
    ['app.example', 'The origin has no scheme', 'https://app.example'],
    ['https://app.example:443', 'The origin names the default port of its scheme', 'https://app.example'],
    ['HTTPS://App.example/', 'The origin holds upper-case letters', 'https://app.example'],
    ['http://app.example:8080/upload?x', 'The origin holds a path', 'http://app.example:8080'],
    [' https://app.example', 'The origin holds white space or an invisible character', 'https://app.example'],
  ])(
    'refuses the origin %j, which no browser sends, and names the origin that it sends',
    async (origin, reason, sent) => {
      const err = `"${origin}": ${reason}, so it can never equal what a browser sends. Ask again with --origin ${sent}.\n`
      expect(await explain('app.example.xml', ...from(origin, 'PUT'))).toEqual({ code: 2, out: '', err })
      const input = `curl -X PUT -H 'Origin: ${origin}' https://app.example/cat.png`
      const pasted = await project.run(['explain', 'app.example.xml', '--paste', '-'], { input })
      // White space around the value is no part of a header.
      if (!origin.startsWith(' ')) expect(pasted).toEqual({ code: 2, out: '', err })
    },
  )

  test('asks for the method that a browser sends: put is PUT, and patch stays as it is', async () => {
    for (const method of ['put', 'Put']) {
      const { code, out } = await explain('app.example.xml', ...from('https://app.example', method))
      expect([code, out.split('\n')[0]]).toEqual([0, 'Preflight for PUT from https://app.example'])
    }
    const input = "curl -X put -H 'Origin: https://app.example' https://app.example/cat.png"
    const pasted = await project.run(['explain', 'app.example.xml', '--paste', '-'], { input })
    expect(pasted.out).toContain('\nPreflight for PUT from https://app.example\n')
    const patch = await explain('app.example.xml', ...from('https://app.example', 'patch'))
    expect(patch.out).toContain('No rule can allow the method patch')
    for (const method of ['', 'PUT ', 'a b']) {
      expect(await explain('app.example.xml', ...from('https://app.example', method))).toEqual({
        code: 2,
        out: '',
        err: `"${method}" is not a method: name one with --method, such as PUT.\n`,
      })
    }
    expect(await explain('app.example.xml', ...from('', 'PUT'))).toEqual({
      code: 2,
      out: '',
      err: 'The origin is empty: name the page, as in --origin https://www.example.com.\n',
    })
  })

  test('judges a header by its value, and counts an upload listener', async () => {
    const asked = (...args: string[]) =>
      explain('app.example.xml', ...from('https://app.example', 'POST', ...args))
    const plain = await asked('--header', 'Content-Type: text/plain', '--header', 'accept: a/b')
    expect(plain.out).toContain('Preflight for POST from https://app.example\n')
    expect(plain.out).toContain('It sends the request without asking')
    const unsafe = await asked('--header', 'Accept: a(b)')
    expect([unsafe.code, unsafe.out]).toEqual([
      1,
      expect.stringContaining('https://app.example with accept\n'),
    ])
    expect(unsafe.out).not.toContain('a(b)')
    expect((await asked('--upload')).out.replace(/\s+/g, ' ')).toContain(
      'It asks first: an upload listener, or a stream as body, causes a preflight.',
    )
    expect(await asked('--header', 'accept')).toMatchObject({
      code: 2,
      err: expect.stringContaining('NAME: VALUE'),
    })
  })

  test('says which response header the script cannot read, and exposes it with --apply', async () => {
    project.write('rules/files.example.com.xml', RULES)
    const args = [
      'explain',
      'rules/files.example.com.xml',
      ...from('https://app.example', 'PUT', '--reads', 'etag,x-cos-request-id,content-length'),
    ]
    const before = await project.run(args)
    expect(before.code).toBe(1)
    expect(before.out.replace(/\s+/g, ' ')).toContain(
      'may read the response, but not x-cos-request-id: the answer does not expose it.',
    )
    expect((await project.run([...args, '--apply'])).out).toContain('Applied to rules/files.example.com.xml.')
    expect((await project.run(args)).code).toBe(0)
    expect(readFileSync(`${project.folder}/rules/files.example.com.xml`, 'utf8')).toContain(
      '    <ExposeHeader>ETag</ExposeHeader>\n    <ExposeHeader>x-cos-request-id</ExposeHeader>\n',
    )
  })

  test('writes the change with --apply in the format of the file, and nothing where something is unknown', async () => {
    project.write(
      'gcs.json',
      '[{"origin":["https://app.example"],"method":["GET"],"responseHeader":["content-type"]}]',
    )
    const args = ['explain', 'gcs.json', ...from('https://app.example', 'PUT'), '--apply']
    expect(await project.run(args)).toMatchObject({
      code: 0,
      out: expect.stringContaining('Applied to gcs.json.'),
    })
    expect(readFileSync(`${project.folder}/gcs.json`, 'utf8')).toContain('"method":["GET", "PUT"]')
    project.write(
      'open.txt',
      'Origin https://app.example is not allowed by Access-Control-Allow-Origin. Status code: 200',
    )
    expect(await explain('app.example.xml', '--paste', 'open.txt', '--apply')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Nothing was written: the change depends on what is unknown.'),
    })
    expect(
      await project.run([
        'explain',
        '--host',
        'app.example',
        ...from('https://a.example', 'PUT'),
        '--apply',
        '--local',
      ]),
    ).toMatchObject({
      code: 2,
      err: expect.stringContaining('--apply writes a rules file: name one.'),
    })
  })

  test.each([
    ['<https://app.example>', 'https://app.example'],
    ['"https://app.example"', 'https://app.example'],
    ['{https://app.example}', 'https://app.example'],
    ['Chrome-Extension://abc', 'chrome-extension://abc'],
  ])('refuses the impossible origin %j, and names the possible one', async (origin, sent) => {
    const { code, out, err } = await explain('app.example.xml', ...from(origin, 'PUT'))
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(`Ask again with --origin ${sent}.`)
  })

  test('says that a browser fails what the rules allow, where it does', async () => {
    const asked = from('https://x.example', 'GET')
    const { code, out } = await explain('app.example.xml', ...asked, '--credentials')
    expect(code).toBe(1)
    expect(out.replace(/\s+/g, ' ')).toMatch(
      /Allowed by rule \d, by the rules of app\.example\.xml \(cos\)\. But a browser blocks it: see below\./,
    )
    expect((await explain('app.example.xml', ...asked)).out).not.toContain('all the same')
  })

  test.each(['--local', '--remote'])('a file is not looked for in a KV: %s is refused', async place => {
    expect(await explain('app.example.xml', ...from('https://x.example', 'GET'), place)).toEqual({
      code: 2,
      out: '',
      err: `${place} selects a KV, but the rules come from a file. Omit ${place}, or name a host instead of the file.\n`,
    })
  })

  test('says in one sentence what it can not explain', async () => {
    const where = from('https://app.example', 'GET')
    const bad = await explain('bad.xml', ...where)
    expect(bad.code).toBe(2)
    expect(bad.err).toContain('method-unknown')
    expect(bad.err).toMatch(/bad\.xml has errors\. Correct them first\.\n$/)
    expect(await explain('nope.xml', ...where)).toMatchObject({
      code: 2,
      err: expect.stringContaining('does not exist'),
    })
    expect(await explain('none.json', ...where)).toMatchObject({
      code: 2,
      err: expect.stringContaining('none.json'),
    })
    expect(await explain('app.example.xml', '--origin', 'https://app.example')).toMatchObject({
      code: 2,
      err: 'Name the method with --method, such as PUT.\n',
    })
    expect(await explain('app.example.xml', '--method', 'PUT')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Name the page with --origin'),
    })
    expect(await explain('app.example.xml', ...where, '--paste', 'nope.txt')).toMatchObject({
      code: 2,
      err: `nope.txt: the file does not exist. Check the path; it is relative to ${project.folder}.\n`,
    })
    project.write('folder/x', '')
    expect(await explain('app.example.xml', ...where, '--paste', 'folder')).toMatchObject({
      code: 2,
      err: 'folder: this is a folder. Name a file in it.\n',
    })
    expect(await project.run(['explain', ...where])).toMatchObject({
      code: 2,
      err: 'Name a rules file, or a host with --host: one of the two.\n',
    })
  })
})

describe('rules explain --host', () => {
  const kv = new MemoryKv()
  useKv(kv)
  const host = 'files.example'
  const live = (...args: string[]) => project.run(['explain', '--host', host, '--local', ...args])

  test('says what the host’s METHODS and CREDENTIALS decide, whatever its rules allow', async () => {
    const settings = JSON.stringify({ methods: 'GET,HEAD', credentials: 'off' })
    await kv.put([
      { key: `cors:${host}`, value: RULES },
      { key: `bucket:${host}`, value: settings },
    ])
    const upload = await live(...from('https://app.example', 'PUT', '--headers', 'content-type'))
    expect(upload.code).toBe(1)
    expect(upload.out).toContain(
      'METHODS of the host is GET,HEAD: the edge answers the PUT itself, with 405.',
    )
    expect(upload.out).not.toContain('access-control-allow-credentials')
    const actual = await live(...from('https://app.example', 'PUT', '--actual', '--json'))
    expect(JSON.parse(actual.out)).toMatchObject({
      allowed: false,
      passedOn: false,
      answer: { status: 405, headers: { allow: 'GET, HEAD' } },
    })
    const cookies = await live(...from('https://app.example', 'PUT', '--credentials'))
    expect(cookies.out).toContain('CREDENTIALS of the host is off')
    expect((await live(...from('https://app.example', 'GET'))).code).toBe(0)
  })
})
