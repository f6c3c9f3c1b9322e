/**
 * @module
 * Detects the format of a document: the one place that does, for the command line, the playground and KV alike.
 */

/** `rules`: the XML of COS, S3, OSS and OBS, or S3's JSON, as a rules file and KV have it. */
export const RULES_FORMATS = ['rules', 'r2', 'gcs', 'azure', 'b2', 'cloudformation', 'sdk'] as const
export type RulesFormat = (typeof RULES_FORMATS)[number]

/** A document's format. `format` is null for a document that is certainly something else than a bucket's rules. */
export interface Detected {
  readonly format: RulesFormat | null
  /** As a sentence says it: `Google Cloud Storage JSON`. */
  readonly label: string
}

const XML: Detected = { format: 'rules', label: 'CORSConfiguration XML' }
const S3 = 'S3 JSON'
const R2 = 'Cloudflare R2 JSON'
const GCS = 'Google Cloud Storage JSON'
const AZURE = 'Azure Storage JSON'

/** Root element → format. */
const ROOTS: ReadonlyMap<string, Detected> = new Map<string, Detected>([
  ['CORSConfiguration', XML],
  ['CorsConfig', { format: 'gcs', label: 'Google Cloud Storage XML' }],
  ['Cors', { format: 'azure', label: 'Azure Storage XML' }],
  ['StorageServiceProperties', { format: 'azure', label: 'Azure Storage XML' }],
  ['mvc:cors', { format: null, label: "Spring MVC's CORS configuration" }],
  ['beans', { format: null, label: 'a Spring configuration' }],
  ['cross-domain-policy', { format: null, label: 'a cross-domain policy of Adobe Flash' }],
  ['LifecycleConfiguration', { format: null, label: "a bucket's lifecycle configuration" }],
  ['Error', { format: null, label: "a bucket's error answer" }],
  ['ListBucketResult', { format: null, label: 'a list of objects' }],
  ['configuration', { format: null, label: 'a configuration file of .NET or IIS' }],
  ['project', { format: null, label: 'a Maven project file' }],
  ['html', { format: null, label: 'a web page' }],
])

/**
 * The keys that decide, in the order of trial: alternatives with a comma between, and with a + between keys that the
 * document has together. What is certainly not a bucket's rules comes first: its keys are the most specific.
 */
const KEYS: readonly (readonly [keys: string, format: RulesFormat | null, label: string])[] = [
  ['ResponseHeadersPolicyConfig,AccessControlAllowOrigins', null, 'a CloudFront response headers policy'],
  ['DistributionConfig', null, 'a CloudFront distribution'],
  ['lockfileVersion,dependencies+name,devDependencies', null, 'a package file'],
  ['compilerOptions', null, 'a TypeScript configuration'],
  ['compatibility_date', null, 'a wrangler configuration'],
  ['hosting+rewrites', null, 'a Firebase configuration'],
  ['Statement+Effect', null, "a bucket's access policy"],
  ['openapi+paths', null, 'an OpenAPI document'],
  ['entries+request+response', null, 'a HAR recording'],
  ['CORSRules,CORSRule,CORSConfiguration', 'rules', S3],
  ['CorsRules,CorsConfiguration', 'cloudformation', 'CloudFormation JSON'],
  ['AllowedOrigins+MaxAgeInSeconds,AllowedOrigins+Service', 'azure', AZURE],
  ['AllowedOrigins+ExposedHeaders,AllowedOrigins+MaxAge', 'cloudformation', 'CloudFormation JSON'],
  ['rules+AllowedOrigins,rules+AllowedMethods', 'r2', R2],
  ['AllowedOrigins,AllowedMethods,AllowedOrigin,AllowedMethod', 'rules', S3],
  ['AllowOrigins,allowOrigins', null, 'the CORS of a Lambda function URL or an API Gateway'],
  ['allowedOperations,corsRuleName', 'b2', 'Backblaze B2 JSON'],
  ['allowed+origins,allowed+methods,rules+allowed_origins', 'r2', R2],
  ['maxAgeInSeconds,exposedHeaders+corsRules', 'azure', AZURE],
  ['allowedOrigin', 'sdk', 'Alibaba Cloud OSS SDK JSON'],
  ['allowed_origins', 'sdk', 'Terraform JSON'],
  ['allowedOrigins,corsRules', 'sdk', 'Pulumi JSON'],
  ['cors_config,responseHeader,origin+method,origin+maxAgeSeconds', 'gcs', GCS],
  [
    'origin+methods,origin+credentials,origin+allowedHeaders,optionsSuccessStatus',
    null,
    'options of the cors package for Express',
  ],
  ['origin', 'gcs', GCS],
]

/** Bounds of the search for keys: no format has its own deeper, or later. */
const MAX_DEPTH = 10
const MAX_KEYS = 2000

/** Returns the format of an XML document by its root element, or null if the root is unknown. */
export function xmlFormat(text: string): Detected | null {
  // Within a bound: a comment may stand before the root.
  const beginning = text.slice(0, 8192).replace(/<!--[\s\S]*?-->|<\?[\s\S]*?\?>/g, '')
  const root = /^[\s\uFEFF]*<(?:!DOCTYPE\s+)?([\w.:-]{1,60})/i.exec(beginning)?.[1] ?? ''
  return ROOTS.get(root) ?? ROOTS.get(root.replace(/^[\w.-]+:/, '')) ?? null
}

/** Returns the format of a JSON document by the keys of its value, or null if they are unknown. */
export function jsonFormat(value: unknown): Detected | null {
  const keys = new Set<string>()
  collectKeys(value, keys, 0)
  const has = (together: string) => together.split('+').every(key => keys.has(key))
  const found = KEYS.find(([alternatives]) => alternatives.split(',').some(has))
  return found ? { format: found[1], label: found[2] } : null
}

function collectKeys(value: unknown, keys: Set<string>, depth: number): void {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH || keys.size > MAX_KEYS) return
  for (const [key, content] of Object.entries(value)) {
    if (!Array.isArray(value)) keys.add(key)
    collectKeys(content, keys, depth + 1)
  }
}

/** Returns true if the text begins as XML does. */
export const isXml = (text: string): boolean => /^[\s\uFEFF]*</.test(text)

/** Returns true if the text begins as JSON does, of whatever format. */
export const isJson = (text: string): boolean => /^[\s\uFEFF]*[[{]/.test(text)
