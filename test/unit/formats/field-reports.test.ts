/**
 * Configurations that people posted because they did not work, where the folder is present: each is read as its line
 * says. Our own cases of each kind are in rules.test.ts and json-tree.test.ts.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readRulesAdvised } from '../../../src/advice/read.ts'

const FOLDER = '../shared/field/reports/conf'

/** File: what it is read as; how many rules it has, or `refused`; the codes of its findings, or `-`. */
const READINGS: Readonly<Record<string, string>> = {
  'K01-underscore.xml': 'CORSConfiguration XML; 1 rule; origin-no-scheme',
  'K02-trailing-comma.json': 'S3 JSON; refused; not-json',
  'K03-smart-quote.json': 'Google Cloud Storage JSON; refused; not-json',
  'K04-r2-rules-aws-keys.json': 'Cloudflare R2 JSON; refused; r2-shape',
  'K06-plural-xml.xml': 'CORSConfiguration XML; refused; processing-instruction',
  'K07-options-patch.json': 'S3 JSON; refused; method-unknown',
  'K09-cfn.json': 'CloudFormation JSON; 1 rule; -',
  'K09b-cfn-array.json': 'CloudFormation JSON; 1 rule; -',
  'K10-terraform.json': 'Terraform JSON; 1 rule; -',
  'K10b.tf.json': 'Terraform JSON; 1 rule; -',
  'K11-b2.json': 'Backblaze B2 JSON; 1 rule; -',
  'K12-gcs.json': 'Google Cloud Storage JSON; 1 rule; -',
  'K12b-gcs-star.json': 'Google Cloud Storage JSON; 1 rule; expose-star-lost',
  'K12c-gcs-corsconfig.json': 'Google Cloud Storage JSON; 1 rule; -',
  'K12d-gcs-string.json': 'Google Cloud Storage JSON; refused; wrong-type',
  'K13-oss.xml': 'CORSConfiguration XML; 1 rule; -',
  'K14-azure-list.json': 'Azure Storage JSON; 1 rule; expose-star-lost',
  'K14b-azure-arm.json': 'Azure Storage JSON; 1 rule; -',
  'K14c-azure.xml': 'Azure Storage XML; 1 rule; expose-star-lost method-lost',
  'K15-cos-py.json': 'S3 JSON; 1 rule; -',
  'K15b-cos-py-repr.json': 'S3 JSON; refused; not-json',
  'K19-utf16.json': 'text; refused; not-text',
  'K19b-bom.json': 'S3 JSON; 1 rule; -',
  'K22-comma.xml':
    'CORSConfiguration XML; refused; header-not-token method-unknown origin-comma origin-white-space',
  'K23-newlines.xml': 'CORSConfiguration XML; refused; control-character max-age-not-integer method-unknown',
  'K24-string-origins.json': 'S3 JSON; refused; wrong-type',
  'K26-expose-star.json': 'S3 JSON; refused; expose-star',
  'K28-schemes.json': 'S3 JSON; 1 rule; origin-not-canonical origin-public-suffix',
  'K28b-bad.json':
    'S3 JSON; refused; origin-bad-port origin-default-port origin-no-scheme origin-not-ascii origin-null origin-trailing-slash origin-two-stars origin-upper-case origin-white-space origin-with-path origin-with-userinfo',
  'K31-jsonc.json': 'S3 JSON; refused; not-json',
  'K32-get-bucket-cors-cli.txt': 'S3 JSON; refused; wrong-type',
  'K32-null-maxage.json': 'S3 JSON; refused; wrong-type',
  'K33-r2-api.json': 'Cloudflare R2 JSON; 1 rule; -',
  'K33b-wrangler.json': 'Cloudflare R2 JSON; 1 rule; -',
  'K34-do-xml.xml': 'CORSConfiguration XML; refused; expose-star max-age-not-integer',
  'K35-empty-acl.xml': 'CORSConfiguration XML; refused; expose-not-token header-not-token',
  'K36-prefix.xml': 'CORSConfiguration XML; 1 rule; -',
  'K40-shadowed-expose.xml': 'CORSConfiguration XML; 2 rules; credentials-lost rule-unreachable',
  'K41-dup-rules.xml': 'CORSConfiguration XML; 3 rules; rule-unreachable',
  'K42-ossutil.xml': 'CORSConfiguration XML; refused; not-well-formed',
  'K43-presign-range.json': 'S3 JSON; 1 rule; origin-trailing-slash range-not-exposed',
  'K44a.json': 'S3 JSON; refused; not-json',
  'K44b.json': 'S3 JSON; refused; not-json',
  'K44c.json': 'S3 JSON; refused; not-json',
  'K44e.json': 'S3 JSON; refused; not-json',
  'K44f.json': 'S3 JSON; refused; not-json',
  'K44g.json': 'S3 JSON; refused; not-json',
  'K50-sdk-params-split.json': 'S3 JSON; refused; method-missing origin-missing',
  'K51-sdk-params.json': 'S3 JSON; 1 rule; -',
  'K52-cos-sdk-params.json': 'S3 JSON; 1 rule; -',
  'K53-ovh.json': 'S3 JSON; 1 rule; header-access-control header-forbidden',
  'K54-safari-shrine.xml': 'CORSConfiguration XML; 1 rule; star-beside-origins',
}

const files = existsSync(FOLDER) ? readdirSync(FOLDER).sort() : []
if (files.length === 0) console.log(`The posted configurations are skipped: there is no ${FOLDER}.`)

describe.skipIf(files.length === 0)(`configurations that people posted (${FOLDER})`, () => {
  test('have a line each', () => {
    expect(files).toEqual(Object.keys(READINGS).sort())
  })

  test.each(files)('%s is read as its line says', async file => {
    const text = readFileSync(`${FOLDER}/${file}`, 'utf8')
    const { configuration, findings, label } = await readRulesAdvised(text)
    const count = configuration?.rules.length
    const rules = count === undefined ? 'refused' : `${count} ${count === 1 ? 'rule' : 'rules'}`
    const codes = [...new Set(findings.map(({ code }) => code))].sort().join(' ') || '-'
    expect(`${label}; ${rules}; ${codes}`).toBe(READINGS[file])
  })
})
