import { execFile } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { Project } from './rules.ts'

const GOOD = `<CORSConfiguration>
  <CORSRule>
    <AllowedOrigin>https://www.example.com</AllowedOrigin>
    <AllowedMethod>GET</AllowedMethod>
  </CORSRule>
</CORSConfiguration>
`
const WARNED = GOOD.replace('www.example.com<', 'www.example.com/<')
const BAD = WARNED.replace('GET', 'get')

const project = new Project({
  'rules/files.example.com.xml': GOOD,
  'warned.xml': WARNED,
  'bad.xml': BAD,
  'ten-mistakes.xml': readFileSync('test/fixtures/rules/ten-mistakes.xml'),
})
afterAll(() => project.remove())

describe('rules check', () => {
  test('prints every finding with its line, path, value, reason and hint', async () => {
    expect(await project.rules(['check', 'bad.xml', 'rules/files.example.com.xml', 'warned.xml'])).toEqual({
      code: 1,
      out: `bad.xml:4  error  method-unknown  CORSRule[1]/AllowedMethod[1]
  value   get
  reason  A rule can allow GET, PUT, POST, DELETE, HEAD only, and methods are case-sensitive.
  hint    Write GET: in upper case and without spaces.

bad.xml:3  warning  origin-trailing-slash  CORSRule[1]/AllowedOrigin[1]
  value   https://www.example.com/
  reason  The origin ends with a slash, so it can never equal what a browser sends.
  hint    Write https://www.example.com.

rules/files.example.com.xml  ok  1 rule

warned.xml:3  warning  origin-trailing-slash  CORSRule[1]/AllowedOrigin[1]
  value   https://www.example.com/
  reason  The origin ends with a slash, so it can never equal what a browser sends.
  hint    Write https://www.example.com.

3 files: 1 error, 2 warnings.
`,
      err: '',
    })
  })

  test('reports ten findings with paths and hints when a file has ten different mistakes', async () => {
    const { code, out, err } = await project.run(['check', '--json', 'ten-mistakes.xml'])
    const { files, ...rest } = JSON.parse(out)
    expect({ code, err, ...rest }).toEqual({ code: 1, err: '', errors: 10, warnings: 0, failed: true })
    const findings: { code: string; path: string; line: number; hint: string }[] = files[0].findings
    expect(findings.map(({ line, path, code }) => `${line} ${path} ${code}`)).toEqual([
      '5 CORSRule[1]/AllowedOrigin[1] origin-two-stars',
      '6 CORSRule[1]/AllowedMethod[1] method-unknown',
      '7 CORSRule[1]/AllowedMethod[2] method-unknown',
      '8 CORSRule[1]/AllowedHeader[1] header-two-stars',
      '9 CORSRule[1]/AllowedHeader[2] header-not-token',
      '10 CORSRule[1]/ExposeHeader[1] expose-star',
      '11 CORSRule[1]/MaxAgeSeconds[1] max-age-not-integer',
      '13 CORSRule[2] method-missing',
      '17 CORSRule[3] origin-missing',
      '21 ResponseVary[1] response-vary-not-boolean',
    ])
    expect(findings.filter(({ hint }) => hint.length < 10)).toEqual([])
  })

  test('recognises the format of another vendor, says which, and speaks in its names', async () => {
    project.write('gcs.json', '[{"origin": ["https://a.example"], "method": ["GET"]}]')
    project.write('bad-gcs.json', '[{"origin": ["https://a.example"],\n"method": ["get"]}]')
    project.write('main.tf', 'resource "aws_s3_bucket_cors_configuration" "a" {\n}\n')
    const { code, out } = await project.run(['check', 'gcs.json', 'bad-gcs.json', 'main.tf'])
    expect([code, out]).toEqual([
      1,
      `gcs.json  ok  1 rule, read as Google Cloud Storage JSON

bad-gcs.json: read as Google Cloud Storage JSON.

bad-gcs.json:2  error  method-unknown  rule[1]/method[1]
  value   get
  reason  A rule can allow GET, PUT, POST, DELETE, HEAD only, and methods are case-sensitive.
  hint    Write GET: in upper case and without spaces.

main.tf  error  unknown-format
  reason  The document is Terraform, which is not read here.
  hint    Run: aws s3api get-bucket-cors --bucket NAME > cors.json

3 files: 2 errors, 0 warnings.
`,
    ])
    const json = JSON.parse((await project.run(['check', '--json', 'gcs.json'])).out)
    expect(json.files[0]).toMatchObject({ rules: 1, readAs: 'Google Cloud Storage JSON' })
  })

  test('fails on warnings with --strict only', async () => {
    const lenient = await project.run(['check', 'warned.xml'])
    const strict = await project.run(['check', '--strict', 'warned.xml'])
    expect([lenient.code, strict.code]).toEqual([0, 1])
    expect(lenient.out).toBe(strict.out)
  })

  test('reports lines in JSON, and a repeated key', async () => {
    const rules = ['{"AllowedMethods": ["PUT"],', '"AllowedOrigins": ["*"],', '"AllowedMethods": ["get"]}']
    project.write('lines.json', `{"CORSRules": [\n${rules.join('\n')}\n]}`)
    const { code, out } = await project.run(['check', '--json', 'lines.json'])
    const findings: { line: number; path: string; code: string }[] = JSON.parse(out).files[0].findings
    expect([code, ...findings.map(({ line, path, code }) => `${line} ${path} ${code}`)]).toEqual([
      1,
      '4 CORSRule[1]/AllowedMethod[1] method-unknown',
      '4 CORSRule[1]/AllowedMethods key-repeated',
    ])
  })

  test('prints escaped workflow annotations with --format github', async () => {
    project.write(
      '100%,a:b.json',
      '{"CORSRules":[{"AllowedOrigins":["a%0A*\\n*"],"AllowedMethods":["GET"]}]}',
    )
    const { code, out } = await project.run(['check', '--format', 'github', '100%,a:b.json', 'warned.xml'])
    expect(code).toBe(1)
    expect(out).toBe(
      '::error file=100%25%2Ca%3Ab.json,line=1,title=control-character::CORSRule[1]/AllowedOrigin[1] = a%250A*\\u000a*%0A' +
        'The value holds a control character, such as a line break or a tab, and none can be part of it.%0A' +
        'Write the value on one line, close to its tags.\n' +
        '::warning file=warned.xml,line=3,title=origin-trailing-slash::' +
        'CORSRule[1]/AllowedOrigin[1] = https://www.example.com/%0A' +
        'The origin ends with a slash, so it can never equal what a browser sends.%0A' +
        'Write https://www.example.com.\n' +
        '2 files: 1 error, 1 warning.\n',
    )
  })

  test('checks all of rules/, names and buckets.json included, when no file is named', async () => {
    const folder = new Project({
      'rules/files.example.com.xml': GOOD,
      'rules/https:example.xml': GOOD,
      'rules/notes.md': 'not rules',
      'rules/buckets.json': JSON.stringify({
        'files.example.com': { dialect: 'gcs', colour: 1, origin: 'service' },
        'EXAMPLE.com:80': {},
        'good.example.com': { dialect: 's3', unmatched: 'forward', originTimeoutMs: 1000 },
      }),
    })
    const { code, out } = await folder.run(['check', '--json'])
    folder.remove()
    const { files, errors } = JSON.parse(out)
    const told = files.flatMap((file: { file: string; findings: { code: string; path: string }[] }) =>
      file.findings.map(({ code, path }) => `${file.file} ${code} ${path}`.trim()),
    )
    expect({ code, errors, files: files.length, told }).toEqual({
      code: 1,
      errors: 4,
      files: 3,
      told: [
        'rules/buckets.json settings-invalid files.example.com/dialect',
        'rules/buckets.json settings-invalid files.example.com/colour',
        'rules/buckets.json host-invalid EXAMPLE.com:80',
        'rules/https:example.xml host-invalid',
      ],
    })
  })

  test('explains in one sentence each why files cannot be read, and reads the others', async () => {
    mkdirSync(join(project.folder, 'folder'), { recursive: true })
    symlinkSync('loop.xml', join(project.folder, 'loop.xml'))
    project.write('binary.xml', Buffer.from([0x3c, 0x00, 0xff, 0xfe]))
    project.write('utf16.xml', Buffer.from(`\uFEFF${GOOD}`, 'utf16le'))
    project.write('empty.xml', '\n')
    project.write('large.xml', GOOD.padEnd(2 * 1024 * 1024))
    const files = [
      'none\u001b[31m.xml',
      'folder',
      'loop.xml',
      'binary.xml',
      'utf16.xml',
      'large.xml',
      'empty.xml',
      '',
      'bad.xml',
    ]
    const { code, out, err } = await project.run(['check', ...files])
    expect(code).toBe(2)
    expect(out).toContain('bad.xml:4  error  method-unknown')
    expect(out).toContain('9 files: 1 error, 1 warning, 8 not readable.')
    expect(err.trimEnd().split('\n')).toEqual([
      `none\\u001b[31m.xml: the file does not exist. Check the path; it is relative to ${project.folder}.`,
      'folder: this is a folder. Name the files in it, such as folder/*.xml.',
      'loop.xml: the file cannot be read (ELOOP). Check the path.',
      'binary.xml: the file is not UTF-8 text. Save it as UTF-8.',
      'utf16.xml: the file is not UTF-8 text. Save it as UTF-8.',
      'large.xml: the file has more than 1048576 bytes. A configuration has at most 65536. Check that this is the right file.',
      'empty.xml: the file is empty. Check that this is the right file.',
      '"" is not a file name. Check that the variable in the command is set.',
    ])
  })

  test.skipIf(!existsSync('/dev/full'))('reports a full disk as a failure', async () => {
    const onto = (file: string, ...args: string[]) => {
      const { command, options } = project.process(args)
      return promisify(execFile)('sh', ['-c', `exec "$@" > ${file}`, 'sh', ...command], options).then(
        () => ({ code: 0, stderr: '' }),
        ({ code, stderr }) => ({ code, stderr }),
      )
    }
    expect(await onto('/dev/full', 'check', 'rules/files.example.com.xml')).toEqual({
      code: 2,
      stderr: 'Cannot write to standard output: the disk is full. The output is incomplete.\n',
    })
    expect(await onto('whole.txt', 'check', 'rules/files.example.com.xml')).toEqual({ code: 0, stderr: '' })
    // Standard error is full as well: the exit code still reports the failure.
    expect(await onto('whole.txt 2> /dev/full', 'check', 'none.xml')).toMatchObject({ code: 2 })
  })

  test('colours its output only where colours are wanted', async () => {
    const [piped, forced, refused] = await Promise.all([
      project.rules(['check', 'bad.xml']),
      project.rules(['check', 'bad.xml'], { FORCE_COLOR: '1' }),
      project.rules(['check', 'bad.xml'], { NO_COLOR: '1' }),
    ])
    expect(forced.out).toContain('\u001b[31m')
    expect(piped.out).not.toContain('\u001b')
    expect(refused.out).toBe(piped.out)
  })

  test('exits with 2 and a hint when it is called wrongly', async () => {
    const empty = new Project()
    const unknown = await project.run(['chekc'])
    const both = await project.run(['check', '--json', '--format', 'github', 'bad.xml'])
    const without = await empty.run(['check'])
    const help = await project.run(['check', '--help'])
    empty.remove()
    expect([unknown.code, both.code, without.code, help.code]).toEqual([2, 2, 2, 0])
    expect(unknown.err).toContain("error: unknown command 'chekc'\n(Did you mean check?)")
    expect(both.err).toContain('cannot be used with')
    expect(without.err).toBe(
      `The folder ${empty.folder}/rules does not exist. Name the files, or run the command in the folder that contains rules/.\n`,
    )
    expect(help.out).toContain('Exit code: 0 no errors')
  })

  test('has help with an example of each command', async () => {
    const { out } = await project.run(['--help'])
    const commands = [...out.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name]) => name ?? '')
    expect(commands).toEqual(expect.arrayContaining(['check', 'export', 'import', 'pull', 'show', 'verify']))
    for (const name of commands) {
      const help = await project.run([name, '--help'])
      expect(help.out).toMatch(new RegExp(`\\nExamples?:.*\\n? .*npm run (?:-s )?rules -- ${name} `))
    }
  })

  test('is documented with npm -s wherever its output goes into a file or a pipe', () => {
    const folders = ['docs/*.md', 'src/cli/**/*.ts', 'demo/*.ts', 'playground/**/*.ts*', 'scripts/*.ts']
    const files = ['README.md', ...globSync(folders)]
    expect(files.length).toBeGreaterThan(60)
    const broken = files.flatMap(file =>
      [...readFileSync(file, 'utf8').matchAll(/npm run rules --[^\n`']* (?:>|\||--json)[ \n`'].*/g)].map(
        ([text]) => `${file}: ${text}`,
      ),
    )
    expect(broken).toEqual([])
  })
})
