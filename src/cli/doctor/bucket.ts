/**
 * @module
 * The bucket behind the edge: reachable, with the same clock, readable with the key, and with the same rules.
 */

import { readAdvised } from '../../advice/read.ts'
import { fetchBucketCors } from '../../bucket/cors-configuration.ts'
import { compare } from '../../compare/compare.ts'
import type { Configuration } from '../../cors/configuration.ts'
import type { DialectName } from '../../cors/dialect.ts'
import { count, visible } from '../print/terminal.ts'
import { reasonOf } from '../user-error.ts'
import { type Diagnosis, error, ok, warning } from './diagnosis.ts'

const TIMEOUT_MS = 15_000
/** COS and S3 reject signatures that are 15 minutes off. In milliseconds. */
const MAX_SKEW_MS = 5 * 60_000

export interface BucketKey {
  readonly id: string
  readonly secret: string
  readonly region: string
}

/**
 * Asks the bucket.
 *
 * @param key null if SECRET_ID and SECRET_KEY are not set; then the rules are not compared
 * @param rules the rules file of the host, or null
 */
export async function checkBucket(
  bucket: string,
  dialect: DialectName,
  key: BucketKey | null,
  rules: Configuration | null,
): Promise<Diagnosis[]> {
  const at = `The bucket ${visible(bucket)}`
  let date: string | null
  try {
    const response = await fetch(`${bucket}/`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    date = response.headers.get('date')
    await response.body?.cancel()
  } catch (reason) {
    const cause = reason instanceof Error && reason.cause !== undefined ? reason.cause : reason
    return [
      error(
        'bucket-unreachable',
        `${at} does not answer: ${visible(reasonOf(cause))}.`,
        'Check --bucket and the network.',
      ),
    ]
  }
  const skew = Date.parse(date ?? '') - Date.now()
  if (Math.abs(skew) > MAX_SKEW_MS) {
    const text = `The clock of this machine differs from the bucket's by ${Math.round(Math.abs(skew) / 60_000)} minutes. Signatures fail.`
    return [error('clock-skew', text, 'Set the clock of this machine.')]
  }
  if (key === null)
    return [ok('bucket', `${at} answers. Its rules were not compared: SECRET_ID and SECRET_KEY are not set.`)]
  return compareRules(at, bucket, dialect, key, rules)
}

async function compareRules(
  at: string,
  bucket: string,
  dialect: DialectName,
  key: BucketKey,
  rules: Configuration | null,
): Promise<Diagnosis[]> {
  const source = {
    base: bucket,
    signing: dialect,
    key: { id: key.id, secret: key.secret },
    region: key.region,
  }
  const answer = await fetchBucketCors(source, fetch, TIMEOUT_MS)
  if (answer.kind === 'refused' || answer.kind === 'failed') {
    const said = answer.kind === 'refused' ? `HTTP ${answer.status} ${answer.code}` : answer.reason
    return [
      error(
        'bucket-key',
        `${at} does not give its CORS configuration to the key: ${visible(said)}.`,
        'Check SECRET_ID and SECRET_KEY, and give the key GetBucketCORS (see `pull --help`).',
      ),
    ]
  }
  const { configuration } =
    answer.kind === 'none'
      ? { configuration: { rules: [], responseVary: false } }
      : await readAdvised(answer.text)
  if (rules === null || configuration === null)
    return [ok('bucket', `${at} answers, and the key may read its rules.`)]
  const { differences } = compare(configuration, rules, dialect)
  if (differences.length === 0) return [ok('bucket', `${at} has the same rules as the rules file.`)]
  return [
    warning(
      'bucket-rules-differ',
      `${at} has other rules than the rules file: ${count(differences.length, 'difference')}.`,
      'Run `pull` to take the rules of the bucket, or set them in the bucket.',
    ),
  ]
}
