/**
 * @module
 * Reads a document as one that a named vendor wrote.
 */

import type { RulesFormat } from './detect.ts'
import type { Advise } from './document.ts'
import { type RulesReading, readRules } from './rules.ts'

/** Vendor → format. COS, S3, OSS and OBS share one. */
const FORMATS = {
  cos: 'rules',
  s3: 'rules',
  r2: 'r2',
  gcs: 'gcs',
  oss: 'rules',
  obs: 'rules',
  azure: 'azure',
  b2: 'b2',
  cloudformation: 'cloudformation',
} as const satisfies Record<string, RulesFormat>

export type ImportVendor = keyof typeof FORMATS
export const IMPORT_VENDORS = Object.keys(FORMATS) as readonly ImportVendor[]

/**
 * Reads a vendor's document of at most 64 KB; without a vendor, of the format that is detected. Losses are warnings,
 * mistakes are errors. Never throws or rejects. Paths are in the notation of `CORSConfiguration`.
 */
export const importDocument = (
  vendor: ImportVendor | undefined,
  text: string,
  advise?: Advise,
): Promise<RulesReading> => readRules(text, vendor && FORMATS[vendor], advise)
