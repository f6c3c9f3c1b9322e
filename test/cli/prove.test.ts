import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { Project } from './rules.ts'

const rule = (origin: string, methods: string[], headers: string[]) =>
  `<CORSRule><ID>uploads</ID><AllowedOrigin>${origin}</AllowedOrigin>${methods.map(method => `<AllowedMethod>${method}</AllowedMethod>`).join('')}${headers.map(name => `<AllowedHeader>${name}</AllowedHeader>`).join('')}</CORSRule>`
const xml = (...rules: string[]) => `<CORSConfiguration>\n${rules.join('\n')}\n</CORSConfiguration>`
const project = new Project({
  'rules.xml': xml(rule('https://app.example.com', ['GET', 'PUT'], ['content-type'])),
  'wide.xml': xml(rule('https://*example.com', ['GET', 'PUT'], ['content-type', 'x-*'])),
  'open.json': JSON.stringify([{ AllowedOrigins: ['*'], AllowedMethods: ['GET'] }]),
  'guardrail.xml': xml(rule('https://*.example.com', ['GET', 'PUT'], ['*'])),
})
afterAll(() => project.remove())
const prove = (...args: string[]) => project.run(['prove', ...args])

describe('rules prove', () => {
  test('proves rules that stay within others, and writes a certificate that the checker accepts', async () => {
    expect(
      await prove(
        'rules.xml',
        '--within',
        'guardrail.xml',
        '--certificate',
        join(project.folder, 'proof.json'),
      ),
    ).toEqual({ code: 0, out: 'Proven: rules.xml stays within guardrail.xml.\n', err: '' })
    const check = (...files: string[]) =>
      promisify(execFile)(
        process.execPath,
        [resolve('scripts/check-certificate.ts'), 'proof.json', ...files],
        {
          cwd: project.folder,
        },
      )
    expect((await check('rules.xml', 'guardrail.xml')).stdout).toBe('rules.xml stays within guardrail.xml.\n')
    await expect(check('wide.xml', 'guardrail.xml')).rejects.toMatchObject({
      code: 1,
      stdout: 'Not proven: it is about another FILE.\n',
    })
  })

  test('prints which rule goes beyond, for whom, and a request that shows it', async () => {
    expect(await prove('wide.xml', '--within', 'guardrail.xml')).toEqual({
      code: 1,
      out: `Refuted: wide.xml stays within guardrail.xml.
- Rule 1 ("uploads") of wide.xml allows GET, PUT from \`https://*example.com\`. No
  rule of guardrail.xml allows all of its requests.
    e.g. GET from https://anyexample.com: wide.xml: allowed by rule 1, with
    credentials; guardrail.xml: refused (origin)
- Rule 1 ("uploads") of wide.xml answers GET from \`https://*example.com\` with
  credentials, unlike guardrail.xml.
    e.g. GET from https://anyexample.com: wide.xml: allowed by rule 1, with
    credentials; guardrail.xml: refused (origin)
`,
      err: '',
    })
  })

  test('prints one document with --json, for each claim', async () => {
    const { code, out } = await prove(
      'rules.xml',
      ...['--within', 'guardrail.xml', '--at-least', 'open.json', '--equal', 'rules.xml', '--json'],
    )
    const { holds, claims } = JSON.parse(out)
    expect({ code, holds }).toEqual({ code: 1, holds: false })
    expect(claims).toMatchObject([
      { claim: 'within', holds: true, counterexample: null, reason: null },
      {
        claim: 'at-least',
        holds: false,
        counterexample: { origin: 'https://stranger.example', method: 'GET', headers: [] },
        reason: expect.stringMatching(/^Rule 1 of open\.json allows GET from `\*`\./),
      },
      { claim: 'equal', holds: true, counterexample: null },
    ])
  })

  test('prints workflow annotations with --format github', async () => {
    const { code, out } = await prove(
      'wide.xml',
      '--within',
      'guardrail.xml',
      '--equal',
      'wide.xml',
      '--format',
      'github',
    )
    expect(code).toBe(1)
    expect(out.split('\n').map(line => line.split('%0A')[0])).toEqual([
      '::error file=wide.xml,title=within::Refuted: wide.xml stays within guardrail.xml.',
      '::error file=wide.xml,title=within::Refuted: wide.xml stays within guardrail.xml.',
      '::notice file=wide.xml,title=equal::Proven: wide.xml and wide.xml give every request the same answer.',
      '',
    ])
  })

  test('proves the rules of a host against its guardrail if no claim is named', async () => {
    project.write('rules/guardrails/a.example.xml', xml(rule('https://*', ['GET'], ['*'])))
    project.write('rules/a.example.xml', xml(rule('https://a.example', ['GET'], [])))
    expect(await prove('rules/a.example.xml')).toMatchObject({
      code: 0,
      out: 'Proven: rules/a.example.xml stays within rules/guardrails/a.example.xml.\n',
    })
  })

  test('says what is missing in the call', async () => {
    const calls = [
      ['rules.xml'],
      ['--within', 'guardrail.xml'],
      ['rules.xml', '--equal', 'open.json', '--certificate', 'x.json'],
      ['rules.xml', '--within', 'missing.xml'],
    ]
    const errors = []
    for (const call of calls) errors.push(await prove(...call))
    expect(errors.map(({ code, err }) => [code, err.split('\n')[0]])).toEqual([
      [2, expect.stringMatching(/^Name a claim: --within UPPER, --at-least LOWER or --equal OTHER\./)],
      [2, 'Name the rules: a file, or --host HOST for the live rules.'],
      [2, 'A certificate proves --within. Add --within UPPER, or omit --certificate.'],
      [2, expect.stringContaining('missing.xml')],
    ])
  })
})
