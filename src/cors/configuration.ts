/**
 * @module
 * A bucket's CORS configuration: as a document writes it, as the engine uses it, and its limits.
 */

/** The methods a rule can allow (COS and S3 "PUT Bucket cors"). The order gives each its bit in a method mask. */
export const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'] as const
export type Method = (typeof METHODS)[number]

/** Returns true for one of the five methods. Methods are case-sensitive (RFC 9110 9.1). */
export const isMethod = (text: string | null): text is Method =>
  (METHODS as readonly (string | null)[]).includes(text)

/** COS and S3: "up to 100 rules". */
export const MAX_RULES = 100
/** COS and S3: the document is at most 64 KB. In bytes of UTF-8. */
export const MAX_DOCUMENT_BYTES = 64 * 1024
/** S3: an ID is at most 255 characters. */
export const MAX_ID_LENGTH = 255
/** The largest max-age that a signed 32-bit reader survives. In seconds. */
export const MAX_AGE_SECONDS = 2 ** 31 - 1

/**
 * A rule as its document writes it. Every element is a list of texts, because a document can leave out,
 * repeat or misspell any of them; `lint` says what is wrong with it.
 */
export interface WrittenRule {
  ID: string[]
  AllowedOrigin: string[]
  AllowedMethod: string[]
  AllowedHeader: string[]
  ExposeHeader: string[]
  MaxAgeSeconds: string[]
}

/** A configuration as its document writes it. */
export interface WrittenConfiguration {
  CORSRule: WrittenRule[]
  ResponseVary: string[]
  /** Paths of unknown elements, such as `CORSRule[1]/AllowOrigin[1]`. */
  unknown: string[]
}

/** A rule without errors. */
export interface Rule {
  readonly id: string | null
  readonly allowedOrigins: readonly string[]
  readonly allowedMethods: readonly Method[]
  readonly allowedHeaders: readonly string[]
  readonly exposeHeaders: readonly string[]
  /** In seconds; null if the bucket sends no max-age. */
  readonly maxAgeSeconds: number | null
}

/** A configuration without errors. No rules at all means that the bucket has no CORS configuration. */
export interface Configuration {
  readonly rules: readonly Rule[]
  readonly responseVary: boolean
}

/** The configuration of a bucket that has none. */
export const NO_CONFIGURATION: Configuration = { rules: [], responseVary: false }
