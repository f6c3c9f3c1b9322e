/**
 * @module
 * The first rules file of a made project: the bucket's own rules if a key is set, otherwise a starter.
 */

import { readAdvised } from '../../advice/read.ts'
import { fetchBucketCors } from '../../bucket/cors-configuration.ts'
import { writeXml } from '../../formats/xml.ts'
import { visible } from '../print/terminal.ts'
import { type InitAnswers, UNKNOWN_BUCKET } from './answers.ts'

const TIMEOUT_MS = 30_000

export interface FirstRules {
  readonly text: string
  /** What the file has, and the next step if there is one. */
  readonly note: string
}

/** Asks the bucket with SECRET_ID and SECRET_KEY of the environment. Never throws: a starter is made instead. */
export async function firstRules({ host, bucket, dialect, kind }: InitAnswers): Promise<FirstRules> {
  const { SECRET_ID: id = '', SECRET_KEY: secret = '', REGION: region = '' } = process.env
  const starter = (why: string): FirstRules => ({
    text: STARTER,
    note: `rules/${host}.xml is a starter, because ${why}. Write your origins into it.`,
  })
  if (bucket === UNKNOWN_BUCKET)
    return starter(kind === 'zone' ? 'the bucket was not named' : 'the bucket is not known yet')
  if (id === '' || secret === '') return starter('SECRET_ID and SECRET_KEY are not set')
  const source = { base: bucket, signing: dialect, key: { id, secret }, region }
  const answer = await fetchBucketCors(source, fetch, TIMEOUT_MS)
  if (answer.kind === 'none') return starter('the bucket has no CORS configuration')
  if (answer.kind === 'refused')
    return starter(`the bucket answered HTTP ${answer.status} ${visible(answer.code)}`.trim())
  if (answer.kind === 'failed') return starter(`the bucket did not answer (${visible(answer.reason)})`)
  const { configuration } = await readAdvised(answer.text)
  if (configuration === null) return starter('the rules of the bucket have errors')
  return { text: writeXml(configuration), note: `rules/${host}.xml has the rules of the bucket.` }
}

const STARTER = `<?xml version="1.0" encoding="UTF-8"?>
<!--
  The CORS rules of the bucket: the document that COS and S3 take as PUT /?cors. Rules are tried from top to bottom.
  The first rule that allows the origin, the method and every requested header answers.
  This starter allows no origin of yours: replace https://app.invalid, then run "npx edge-preflight check".
-->
<CORSConfiguration>
  <CORSRule>
    <ID>app</ID>
    <AllowedOrigin>https://app.invalid</AllowedOrigin>
    <AllowedMethod>GET</AllowedMethod>
    <AllowedMethod>HEAD</AllowedMethod>
    <AllowedMethod>PUT</AllowedMethod>
    <AllowedHeader>*</AllowedHeader>
    <ExposeHeader>ETag</ExposeHeader>
    <MaxAgeSeconds>600</MaxAgeSeconds>
  </CORSRule>
</CORSConfiguration>
`
