/**
 * @module
 * Converts configurations from and to other vendors' formats. Whatever a format cannot express is a warning; whatever
 * the vendor would refuse is an error.
 */

import { type Configuration, MAX_ID_LENGTH, MAX_RULES } from '../cors/configuration.ts'
import type { Reading } from '../cors/findings.ts'
import { readAzure, writeAzure } from './azure.ts'
import type { Advise } from './document.ts'
import { readGcs, writeGcs } from './gcs.ts'
import { type Export, Losses } from './losses.ts'
import { readR2, writeR2 } from './r2.ts'
import { readDocument } from './read.ts'
import { writeS3Json } from './s3-json.ts'
import { writeXml } from './xml.ts'

interface Format {
  readonly read: (text: string, advise?: Advise) => Reading | Promise<Reading>
  readonly write: (configuration: Configuration) => Export
}

/** OSS "PutBucketCors": as COS, but for these. */
const OSS_MAX_RULES = 20
const OSS_MAX_AGE_SECONDS = 999_999_999

const FORMATS = {
  /** Amazon S3: what `aws s3api put-bucket-cors --cors-configuration file://…` takes. XML is read as well. */
  s3: {
    read: readDocument,
    write: configuration => {
      const losses = new Losses('S3')
      const kept = losses.withoutIds(losses.withoutResponseVary(configuration), MAX_ID_LENGTH)
      return losses.conclude(() => writeS3Json(kept))
    },
  },
  r2: { read: readR2, write: writeR2 },
  gcs: { read: readGcs, write: writeGcs },
  /** Alibaba OSS: COS's XML with ResponseVary, without ID. */
  oss: {
    read: readDocument,
    write: configuration => {
      const losses = new Losses('OSS')
      losses.limitRules(configuration, OSS_MAX_RULES)
      const kept = losses.cappedMaxAge(losses.withoutIds(configuration, 0), OSS_MAX_AGE_SECONDS)
      return losses.conclude(() => writeXml(kept))
    },
  },
  /** Huawei OBS: S3's XML. */
  obs: {
    read: readDocument,
    write: configuration => {
      const losses = new Losses('OBS')
      losses.limitRules(configuration, MAX_RULES)
      const kept = losses.withoutIds(losses.withoutResponseVary(configuration), MAX_ID_LENGTH)
      return losses.conclude(() => writeXml(kept))
    },
  },
  azure: { read: readAzure, write: writeAzure },
} as const satisfies Record<string, Format>

export type Vendor = keyof typeof FORMATS
export const VENDORS = Object.keys(FORMATS) as readonly Vendor[]

/**
 * Reads a vendor's document of at most 64 KB. Losses are warnings, mistakes are errors; never throws or rejects.
 * Paths are in the notation of `CORSConfiguration`.
 */
export const importDocument = async (vendor: Vendor, text: string, advise?: Advise): Promise<Reading> =>
  FORMATS[vendor].read(text, advise)

/** Writes a configuration as a vendor takes it. */
export const exportDocument = (vendor: Vendor, configuration: Configuration): Export =>
  FORMATS[vendor].write(configuration)
