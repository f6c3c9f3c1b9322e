import { afterAll, describe, expect, test } from 'vitest'
import { Project } from './rules.ts'

const rule = (origin: string, methods: string[], rest = {}) => ({
  AllowedOrigins: [origin],
  AllowedMethods: methods,
  ...rest,
})
const file = (...rules: object[]) => JSON.stringify({ CORSRules: rules })
const project = new Project({
  'one.json': file(rule('https://app.example', ['GET', 'PUT'], { AllowedHeaders: ['content-type', 'x-a'] })),
  'same.json': file(
    rule('https://app.example', ['PUT', 'GET', 'GET'], { ID: 'x', AllowedHeaders: ['X-A', 'content-type'] }),
  ),
  'other.json': file(
    rule('*', ['GET'], { AllowedHeaders: ['content-type'] }),
    rule('https://app.example', ['PUT'], { AllowedHeaders: ['*'] }),
  ),
  'bad.json': file(rule('https://app.example', ['put'])),
})
afterAll(() => project.remove())
const diff = (...args: string[]) => project.run(['diff', ...args])

describe('rules diff', () => {
  test('prints which requests get another answer, each with an example', async () => {
    expect(await project.rules(['diff', 'one.json', 'other.json'])).toEqual({
      code: 1,
      out: `before  one.json    1 rule
after   other.json  2 rules

- \`https://app.example\` may no longer send \`x-a\` with GET.
    e.g. GET from https://app.example with x-a: allowed by rule 1 → refused
- Every other origin gains GET.
    e.g. GET from https://stranger.example: refused → allowed by rule 1
- \`https://app.example\` may now send any other header with PUT.
    e.g. PUT from https://app.example with x-other: refused → allowed by rule 2
- Answers to GET from \`https://app.example\`: credentials are no longer allowed
  (Access-Control-Allow-Origin the origin → *).
    e.g. GET from https://app.example: allowed by rule 1, before and after

4 differences.
`,
      err: '',
    })
  })

  test('is silent about how the same rules are written', async () => {
    expect(await diff('one.json', 'same.json')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/\nEvery request gets the same answer\.\n$/),
    })
  })

  test('prints one document with --json', async () => {
    const { code, out } = await diff('same.json', 'other.json', '--json', '--dialect=s3')
    const { differences, ...rest } = JSON.parse(out)
    expect({ code, ...rest }).toEqual({
      code: 1,
      before: { name: 'same.json', rules: 1 },
      after: { name: 'other.json', rules: 2 },
      dialect: 's3',
      complete: true,
    })
    expect(differences[0]).toEqual({
      text: '`https://app.example` may no longer send `x-a` with GET.',
      kind: 'header-lost',
      origins: ['https://app.example'],
      exceptions: [],
      methods: ['GET'],
      headers: [['x-a']],
      before: '',
      after: '',
      example: {
        request: { origin: 'https://app.example', method: 'GET', requestedHeaders: 'x-a' },
        before: 'allowed by rule 1',
        after: 'refused',
      },
    })
  })

  test('says in one sentence what it can not compare', async () => {
    expect(await diff('one.json', 'nope.json')).toMatchObject({
      code: 2,
      err: expect.stringContaining('does not exist'),
    })
    expect(await diff('A.example', 'one.json')).toEqual({
      code: 2,
      out: '',
      err: 'A.example: the file does not exist. For the live rules, write live:A.example.\n',
    })
    expect(await diff('a.example@zzz', 'one.json')).toEqual({
      code: 2,
      out: '',
      err: 'a.example@zzz: the file does not exist. If this is a host: a revision has up to 12 hexadecimal digits after the @. Run `history HOST` to list the revisions.\n',
    })
    expect(await diff('one.json', 'bad.json')).toMatchObject({
      code: 2,
      err: expect.stringContaining('method-unknown'),
    })
    expect(await diff('live:a.example', 'a.example@12')).toEqual({
      code: 2,
      out: '',
      err: "Commands that read or write KV require --local (this machine's KV, used by npm start) or --remote (Cloudflare's KV).\n",
    })
    expect(await diff('live:http://a', 'b.json')).toMatchObject({
      code: 2,
      err: expect.stringContaining('is not a host name'),
    })
  })
})
