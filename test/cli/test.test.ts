import { afterAll, describe, expect, test } from 'vitest'
import { hostOfFile } from '../../src/cli/files/files.ts'
import { Project } from './rules.ts'

const RULES = JSON.stringify([
  {
    ID: 'uploads',
    AllowedOrigins: ['https://app.example'],
    AllowedMethods: ['PUT'],
    AllowedHeaders: ['content-type'],
  },
  { AllowedOrigins: ['*'], AllowedMethods: ['GET'] },
])
const project = new Project({
  'rules/a.example.json': RULES,
  'rules/a.example.cases.json': JSON.stringify([
    {
      name: 'the app uploads',
      origin: 'https://app.example',
      method: 'PUT',
      headers: ['content-type'],
      expect: 'allowed',
      rule: 'uploads',
    },
    { name: 'others read', origin: 'https://b.example', method: 'GET', expect: 'allowed', rule: 2 },
    {
      name: 'without cookies',
      origin: 'https://b.example',
      method: 'GET',
      credentials: true,
      expect: 'refused',
    },
    {
      name: 'others do not upload',
      origin: 'https://b.example',
      method: 'PUT',
      actual: true,
      expect: 'refused',
    },
  ]),
  'wrong.cases.json': JSON.stringify([
    {
      name: 'others upload',
      origin: 'https://b.example',
      method: 'PUT',
      headers: ['content-type'],
      expect: 'allowed',
    },
    { origin: 'https://app.example', method: 'GET', expect: 'allowed', rule: 1 },
    { origin: 'https://app.example', method: 'PUT', expect: 'refused' },
  ]),
  'bad.cases.json': JSON.stringify([
    {
      origin: 'https://b.example',
      methd: 'PUT',
      expect: 'yes',
      headers: 'x-a',
      rule: 0,
      credentials: 'include',
    },
    3,
  ]),
})
afterAll(() => project.remove())

const RULES_FILE = 'rules/a.example.json'
const of = (...args: string[]) => project.run(['test', RULES_FILE, ...args])

describe('rules test', () => {
  test('prints what did not come out as expected, with the explanation', async () => {
    expect(await project.rules(['test', 'rules/a.example.json', '--cases', 'wrong.cases.json'])).toEqual({
      code: 1,
      out: `wrong.cases.json[1]  failed  others upload
  It is expected to be allowed, and is refused.

  Preflight for PUT from https://b.example with content-type
  Refused, by the rules of rules/a.example.json (cos).

  Rule 1 uploads
    ✗ origin   not https://app.example
    ✓ method   PUT
    ✓ headers  content-type
  Rule 2
    ✓ origin   *
    ✗ method   only GET
    ✗ headers  not content-type; allowed: none

  Rule 1 would allow it but for the origin.

  A browser
    It asks first: the method PUT is not GET, HEAD or POST.
    It fails the request: there is no Access-Control-Allow-Origin.

  To allow it
    add to rule 1: <AllowedOrigin>https://b.example</AllowedOrigin>
    That also allows:
      - https://b.example may use PUT with content-type.

wrong.cases.json[2]  failed  GET from https://app.example
  It is expected to be answered by rule 1, and is by rule 2.

  Preflight for GET from https://app.example
  Allowed by rule 2, by the rules of rules/a.example.json (cos).

  Rule 1 uploads
    ✓ origin   https://app.example
    ✗ method   only PUT
    ✓ headers  none asked for
  Rule 2
    ✓ origin   *
    ✓ method   GET
    ✓ headers  none asked for

  A browser
    It sends the request without asking: method and headers are safelisted.
    The script may read the response.

wrong.cases.json[3]  failed  PUT from https://app.example
  It is expected to be refused, and is allowed.

  Preflight for PUT from https://app.example
  Allowed by rule 1, by the rules of rules/a.example.json (cos).

  Rule 1 uploads
    ✓ origin   https://app.example
    ✓ method   PUT
    ✓ headers  none asked for
  1 later rule not asked: the first that matches answers.

  A browser
    It asks first: the method PUT is not GET, HEAD or POST.
    It goes on, and the script may read the response.
    It remembers that for this URL: Chrome 5 s, Firefox 5 s, Safari 5 s.

rules/a.example.json: 3 cases, 3 failed.
Coverage 85 %: 2 of 2 rules, 2 of 2 origins, 2 of 2 methods, 0 of 1 headers.
No case touches content-type of rule 1.
`,
      err: '',
    })
  })

  test('takes the expectations beside the rules', async () => {
    expect(await of()).toEqual({
      code: 0,
      out: `${RULES_FILE}: 4 cases, 0 failed.
Coverage 100 %: 2 of 2 rules, 2 of 2 origins, 2 of 2 methods, 1 of 1 headers.
`,
      err: '',
    })
  })

  test('prints one document with --json', async () => {
    const { code, out } = await of('--cases', 'wrong.cases.json', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      total: 3,
      failed: true,
      failures: [
        { case: 1, name: 'others upload', allowed: false, answeredBy: null },
        { case: 2, name: null, allowed: true, answeredBy: 2 },
        { case: 3, allowed: true, answeredBy: 1 },
      ],
    })
  })

  test('fails with --strict below a bound, and names what no case touches', async () => {
    project.write(
      'rules/c.example.json',
      JSON.stringify([
        {
          AllowedOrigins: ['https://*.a.example', 'https://b.example'],
          AllowedMethods: ['GET', 'PUT'],
          AllowedHeaders: ['x-*'],
        },
        { AllowedOrigins: ['*'], AllowedMethods: ['GET'] },
      ]),
    )
    project.write(
      'rules/c.example.cases.json',
      JSON.stringify([
        { origin: 'https://www.a.example', method: 'GET', headers: ['X-A'], expect: 'allowed' },
      ]),
    )
    const test = (...args: string[]) => project.run(['test', 'rules/c.example.json', ...args])
    const report = `rules/c.example.json: 1 case, 0 failed.
Coverage 44 %: 1 of 2 rules, 1 of 3 origins, 1 of 3 methods, 1 of 1 headers.
No case touches https://b.example of rule 1, PUT of rule 1, rule 2.
`
    expect(await test()).toEqual({ code: 0, out: report, err: '' })
    expect((await test('--strict', '44')).code).toBe(0)
    expect(await test('--strict')).toMatchObject({
      code: 1,
      out: `${report}The coverage of 44 % is below 100 %.\n`,
    })
    const { coverage, failed } = JSON.parse((await test('--strict', '45', '--json')).out)
    expect([failed, coverage.percent, coverage.untouched.at(-1)]).toEqual([
      true,
      44,
      { kind: 'methods', rule: 2, value: 'GET' },
    ])
    expect((await test('--strict', '101')).code).toBe(2)
  })

  test('prints workflow annotations with --format github', async () => {
    const { code, out } = await of('--cases', 'wrong.cases.json', '--format', 'github', '--strict')
    expect(code).toBe(1)
    expect(out.split('\n').slice(0, 4)).toEqual([
      '::error file=wrong.cases.json,title=case 1::others upload%0AIt is expected to be allowed, and is refused.',
      '::error file=wrong.cases.json,title=case 2::GET from https://app.example%0AIt is expected to be answered by rule 1, and is by rule 2.',
      '::error file=wrong.cases.json,title=case 3::PUT from https://app.example%0AIt is expected to be refused, and is allowed.',
      expect.stringContaining(
        '::error file=rules/a.example.json,title=coverage::The coverage of 85 %25 is below 100 %25.%0A',
      ),
    ])
  })

  test('reports every mistake in the cases with its place, and tests nothing', async () => {
    const file = 'bad.cases.json'
    const { code, out, err } = await of('--cases', file)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    const places = err.match(/error {2}\S+ {2}\S+/g)?.map(place => place.replace(/ +/g, ' '))
    expect(places).toEqual([
      'error field-unknown [1]/methd',
      'error wrong-type [1]/expect',
      'error wrong-type [1]/headers',
      'error wrong-type [1]/rule',
      'error wrong-type [1]/credentials',
      'error field-missing [1]',
      'error wrong-type [2]',
    ])
    expect(err).toContain('  hint    Write "allowed" or "refused".\n')
    expect(err.endsWith(`${file} has errors, so nothing was tested: correct them first.\n`)).toBe(true)
    const missing = await of('--cases', 'none.cases.json')
    expect(missing).toMatchObject({ code: 2, err: expect.stringContaining('the file does not exist') })
  })

  test('says that there are no cases, and how to name them', async () => {
    project.write('empty.cases.json', '[]')
    const { code, err } = await of('--cases', 'empty.cases.json')
    expect(code).toBe(2)
    expect(err).toContain('  reason  The file has no cases.\n')
    project.write('rules/b.example.json', '{"CORSRules":[{"AllowedOrigins":["*"],"AllowedMethods":["GET"]}]}')
    expect(await project.run(['test', 'rules/b.example.json'])).toEqual({
      code: 2,
      out: '',
      err: 'rules/b.example.cases.json: the file does not exist. Write the expectations there, or name the file with --cases.\n',
    })
  })

  test('is the only command that takes a cases file for one: it is no host’s rules', async () => {
    expect(hostOfFile('rules/a.example.cases.json')).toEqual({
      problem: '"a.example.cases.json" contains expectations, not rules',
    })
    const all = await project.run(['check'])
    expect(all.out).toContain('\n3 files: ')
    const named = await project.run(['check', 'rules/a.example.cases.json'])
    expect(named.out).toContain('a.example.cases.json  ok  4 cases\n')
  })
})
