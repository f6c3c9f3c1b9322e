/**
 * @module
 * Names what people have in their hands in place of rules that can be read here, with the command that gives these.
 */

import type { Finding } from '../cors/findings.ts'
import { type Detected, isXml } from './detect.ts'
import { syntaxError } from './document.ts'

const AWS = 'aws s3api get-bucket-cors --bucket NAME > cors.json'
const GCLOUD = 'gcloud storage buckets describe gs://NAME --format="json(cors_config)" > cors.json'
const AZ = 'az storage cors list --services b --account-name NAME > cors.json'
const R2 = 'npx wrangler r2 bucket cors list NAME'
const R2_API =
  'curl -H "Authorization: Bearer $CLOUDFLARE_API_TOKEN" https://api.cloudflare.com/client/v4/accounts/ACCOUNT/r2/buckets/NAME/cors > cors.json'
const OSS = 'ossutil cors --method get oss://NAME cors.xml'
const B2 = 'b2 bucket get NAME > cors.json'
const PULL = 'edge-preflight pull --bucket https://NAME.cos.REGION.myqcloud.com --out cors.xml'

/**
 * Sign in the text → its name, and the command that gives readable rules. The first sign decides.
 * In a line, white space is one space by then; `\s` would go through all lines from each of them.
 */
const TEXTS: readonly (readonly [sign: RegExp, label: string, command: string | null])[] = [
  [
    /blocked by CORS policy|Cross-Origin Request Blocked/i,
    "a browser's error message",
    'edge-preflight explain RULES --paste FILE',
  ],
  [/^ ?Listing CORS rules for bucket|^allowed_origins:\s/m, `the output of ${R2}`, R2_API],
  [/^s3:\/\/\S+ \(bucket\):/m, 'the output of s3cmd info', AWS],
  [/^ ?CORSRules=\[/m, 'the shorthand of the AWS command line', AWS],
  [/\bresource\s+\w+\s+'[\w./]+@[\d-]+/, 'Bicep', 'az bicep build --file FILE --stdout > cors.json'],
  [/"?google_storage_bucket"?|^ ?response_header ?=/m, 'Terraform', GCLOUD],
  [/cloudflare_r2_bucket/, 'Terraform', R2_API],
  [/tencentcloud_cos/, 'Terraform', PULL],
  [/alicloud_oss/, 'Terraform', OSS],
  [/azurerm_storage/, 'Terraform', AZ],
  [/^ ?allowed_operations ?=/m, 'Terraform', B2],
  [/^ ?(?:cors_rules? ?[{=]|(?:resource|module|variable|data) "|allowed_origins ?=)/m, 'Terraform', AWS],
  [/\bboto3\b|^ ?def \w+\(|^\w+ *= *[[{]\s*'|'(?:CORSRules?|AllowedOrigins?)' ?:/m, 'Python', AWS],
  [/^package \w+|\btypes\.CORS(?:Rule|Configuration)\b|\[\]string\{/m, 'Go', AWS],
  [/s3\.HttpMethods\b|new s3\.Bucket\b/, 'AWS CDK', 'npx cdk synth --json > template.json'],
  [
    /^ ?(?:(?:import|export|const|let|var)\b|(?:cors|corsRules|CORSRules) ?: ?\[ ?$)/m,
    'JavaScript or TypeScript',
    AWS,
  ],
  [/AWS::S3::Bucket|CorsConfiguration\s*:|CorsRules\s*:/, 'CloudFormation in YAML', AWS],
  [/add_header\s+['"]?Access-Control/i, 'an nginx configuration', null],
  [/Header\s+(?:always\s+)?(?:set|add)\s+['"]?Access-Control/i, 'an Apache configuration', null],
  [
    /^ ?(?:- ?)?["']?(?:AllowedOrigins?|allowedOrigins?|origin|corsRules?|CORSRules?)["']? ?:/m,
    'YAML',
    'yq -o=json FILE > cors.json',
  ],
  [/^ ?curl\s/m, 'a curl command', 'edge-preflight explain RULES --paste FILE'],
  [/^(?:HTTP\/[\d.]+ \d{3}|[\w-]+: .*\r?\n[\w-]+: )/, "a server's answer", null],
]

/** Room for a comment before the sign. */
const LOOKED_AT = 16_384

/** Returns the error for a text that is neither XML nor JSON but can be named, otherwise null. */
export function nameText(text: string): { readonly label: string; readonly finding: Finding } | null {
  const beginning = text.slice(0, LOOKED_AT).replace(/[^\S\r\n]+/g, ' ')
  const [, label, command] = TEXTS.find(([sign]) => sign.test(beginning)) ?? []
  if (label === undefined) return null
  const hint =
    command === null || command === undefined
      ? "Give the bucket's own CORS configuration."
      : `Run: ${command}`
  return { label, finding: otherFormat('unknown-format', label, 'which is not read here', hint) }
}

/** Returns the error for a document that is certainly something else. */
export const nameOther = (text: string, { label }: Detected): Finding =>
  otherFormat(
    codeFor(text),
    label,
    "not a bucket's CORS configuration",
    `Give the configuration of the bucket itself, for example: ${AWS}`,
  )

/** Returns the error for an object as JavaScript writes it. */
export const nameJavaScript = (line: number): Finding => ({
  ...otherFormat(
    'not-json',
    'JavaScript',
    'not JSON: its keys are unquoted',
    `Write every key and every text in double quotes, or run: ${AWS}`,
  ),
  line,
})

/** Returns the error for a document of another format than it is read as. */
export const nameMismatch = (text: string, { label }: Detected): Finding =>
  otherFormat(
    codeFor(text),
    label,
    'not of the format that was chosen',
    `Read it as ${label}: leave the choice of the format out.`,
  )

const otherFormat = (code: string, label: string, what: string, hint: string): Finding =>
  syntaxError(code, `The document is ${label}, ${what}.`, hint)

/** XML of another kind has the code that its reader gives. */
const codeFor = (text: string): string =>
  isXml(text) ? (/^[\s\uFEFF]*<!/.test(text) ? 'doctype' : 'root-wrong') : 'other-format'
