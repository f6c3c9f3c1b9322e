/**
 * @module
 * Writes configurations in other vendors' formats. Whatever a format cannot express is a warning; whatever
 * the vendor would refuse is an error.
 */

import { type Configuration, MAX_ID_LENGTH, MAX_RULES } from '../cors/configuration.ts'
import { writeAzure } from './azure-write.ts'
import { writeGcs } from './gcs.ts'
import { type Export, Losses } from './losses.ts'
import { writeR2 } from './r2.ts'
import { writeS3Json } from './s3-json.ts'
import { writeXml } from './xml.ts'

/** OSS "PutBucketCors": as COS, but for these. */
const OSS_MAX_RULES = 20
const OSS_MAX_AGE_SECONDS = 999_999_999

const FORMATS = {
  /** Amazon S3: what `aws s3api put-bucket-cors --cors-configuration file://…` takes. */
  s3: configuration => {
    const losses = new Losses('S3')
    const kept = losses.withoutIds(losses.withoutResponseVary(losses.trimmed(configuration)), MAX_ID_LENGTH)
    return losses.conclude(() => writeS3Json(kept))
  },
  r2: writeR2,
  gcs: writeGcs,
  /** Alibaba OSS: COS's XML with ResponseVary, without ID. */
  oss: configuration => {
    const losses = new Losses('OSS')
    losses.limitRules(configuration, OSS_MAX_RULES)
    const kept = losses.cappedMaxAge(losses.withoutIds(losses.trimmed(configuration), 0), OSS_MAX_AGE_SECONDS)
    return losses.conclude(() => writeXml(kept))
  },
  /** Huawei OBS: S3's XML. */
  obs: configuration => {
    const losses = new Losses('OBS')
    losses.limitRules(configuration, MAX_RULES)
    const kept = losses.withoutIds(losses.withoutResponseVary(losses.trimmed(configuration)), MAX_ID_LENGTH)
    return losses.conclude(() => writeXml(kept))
  },
  azure: writeAzure,
} as const satisfies Record<string, (configuration: Configuration) => Export>

export type Vendor = keyof typeof FORMATS
export const VENDORS = Object.keys(FORMATS) as readonly Vendor[]

/** Writes a configuration as a vendor takes it. */
export const exportDocument = (vendor: Vendor, configuration: Configuration): Export =>
  FORMATS[vendor](configuration)
