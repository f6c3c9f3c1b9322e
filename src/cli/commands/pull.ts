/**
 * @module
 * `rules pull`: the bucket's own rules, by its signed `GET /?cors`, into a rules file.
 */

import { type Command, Option } from 'commander'
import { readAdvised } from '../../advice/read.ts'
import { type BucketCorsAnswer, fetchBucketCors } from '../../bucket/cors-configuration.ts'
import { DIALECTS, type DialectName } from '../../cors/dialect.ts'
import { type OutputOptions, rulesText } from '../files/output.ts'
import { readServer } from '../http/server-url.ts'
import { finish } from '../print/converted.ts'
import { printError, printJson, visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'

interface PullOptions extends OutputOptions {
  bucket: string
  dialect: DialectName
  region?: string
  json?: true
}

/** For the whole answer, in milliseconds. */
const TIMEOUT_MS = 30_000

export function addPull(program: Command): void {
  program
    .command('pull')
    .summary("download the bucket's own rules")
    .description(
      "Asks the bucket for its CORS configuration (GET /?cors, signed with the environment's SECRET_ID and " +
        'SECRET_KEY) and writes it as a rules file: XML, or S3 JSON where --out ends in .json.',
    )
    .requiredOption('--bucket <url>', "the bucket's own domain: https://host[:port][/prefix]")
    .option('--out <file>', 'write this file (default: standard output)')
    .option('--force', 'replace an existing file')
    .addOption(
      new Option('--dialect <dialect>', 'how the request is signed').choices(DIALECTS).default('cos'),
    )
    .option('--region <region>', 's3: the region (default: $REGION, or the region in the host name)')
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExample: npm run rules -- pull --bucket https://examplebucket-1250000000.cos.ap-beijing.myqcloud.com --out rules/files.example.com.xml\n' +
        '\nThe key needs one permission: name/cos:GetBucketCORS, or s3:GetBucketCORS.\n' +
        '\nExit code: 0 written; 1 the bucket has no rules, or rules with errors, and nothing was written; ' +
        '2 a problem with the key, the network or a file.',
    )
    .action(pull)
}

async function pull(options: PullOptions): Promise<void> {
  const base = readServer('--bucket', options.bucket)
  const { SECRET_ID: id = '', SECRET_KEY: secret = '', REGION = '' } = process.env
  if (id === '' || secret === '') {
    const missing = id === '' ? 'SECRET_ID' : 'SECRET_KEY'
    throw new UserError(
      `The environment variable ${missing} is not set. Set SECRET_ID and SECRET_KEY to a key that may read the configuration.`,
    )
  }
  const source = { base, signing: options.dialect, key: { id, secret }, region: options.region || REGION }
  const answer = await fetchBucketCors(source, fetch, TIMEOUT_MS)
  if (answer.kind === 'none') {
    const sentence = `${visible(base)} has no CORS configuration, so there is nothing to pull.`
    if (options.json) printJson({ source: base, rules: 0, out: null, text: null, findings: [], failed: true })
    printError(sentence)
    process.exitCode = 1
    return
  }
  if (answer.kind !== 'document') throw new UserError(`${visible(base)}: ${whyNot(answer)}`)
  const { configuration, findings } = await readAdvised(answer.text)
  const text = configuration === null ? null : rulesText(configuration, options.out)
  await finish({ source: `${base}/?cors`, configuration, text, findings }, options)
}

function whyNot(answer: Extract<BucketCorsAnswer, { kind: 'refused' | 'failed' }>): string {
  if (answer.kind === 'failed') {
    const what = {
      unreachable: 'the bucket could not be reached',
      timeout: 'the bucket did not answer in time',
      'too-large': 'the answer is longer than any CORS configuration',
      object: 'this URL does not answer as a bucket',
    }[answer.reason]
    return `${what} (${visible(answer.detail)}). Check the URL and the network.`
  }
  const { status, code, message } = answer
  const said = [`HTTP ${status}`, code, message].filter(text => text !== '').map(visible)
  return `${adviceOn(status, code)} The bucket says: ${said.join(', ')}`
}

/** Returns the likely cause and the fix for an error code of COS or S3. */
function adviceOn(status: number, code: string): string {
  switch (code) {
    case 'InvalidAccessKeyId':
      return 'the bucket does not know the key: check SECRET_ID.'
    case 'SignatureDoesNotMatch':
      return 'the signature is wrong: check SECRET_KEY, --dialect and --region.'
    case 'RequestTimeTooSkewed':
      return "the clock of this machine differs from the bucket's: correct it."
    case 'AccessDenied':
      return 'the key may not read the configuration: give it name/cos:GetBucketCORS (s3:GetBucketCORS).'
    case 'NoSuchBucket':
      return 'there is no such bucket: check the URL.'
    case 'AuthorizationHeaderMalformed':
      return 'the signature is for another region: set --region.'
    default:
      return status >= 300 && status < 400
        ? 'the bucket redirects to another URL: pass its own domain to --bucket.'
        : "the answer is not a bucket's CORS configuration: check --bucket and --dialect."
  }
}
