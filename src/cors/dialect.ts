/**
 * @module
 * Every difference between the answers of COS and S3, side by side. Sources: COS "OPTIONS Object" and its printed
 * samples; S3 as recorded on the real service.
 */

export type DialectName = 'cos' | 's3'
export const DIALECTS: readonly DialectName[] = ['cos', 's3']

export interface Dialect {
  readonly name: DialectName
  /** Between the items of Allow-Methods, Allow-Headers and Expose-Headers. */
  readonly separator: ',' | ', '
  /** A rule that lists its headers answers with its whole list (COS) or with what was requested (S3). */
  readonly answersWithRuleHeaders: boolean
  /** Vary of the answer of a matching rule, to preflights and actual requests. Null if the dialect adds none. */
  readonly vary: string | null
  /** Whether ResponseVary adds `Vary: Origin` to preflights. */
  readonly honoursResponseVary: boolean
  /** Whether actual responses carry Allow-Methods and Max-Age too. */
  readonly actualRepeatsPreflight: boolean
  /** Whether Access-Control-Request-* on an actual request drive its match. */
  readonly actualReadsRequestHeaders: boolean
  /** Whether a preflight for a method outside the five is a bad request, not a refusal. */
  readonly unknownMethodIsBadRequest: boolean
  /** Whether a bucket without rules has a refusal of its own. */
  readonly namesMissingRules: boolean
  /** Names of the ID headers: the first is on every answer, the second on errors only. */
  readonly requestIdHeader: string
  readonly traceIdHeader: string
}

const COS: Dialect = {
  name: 'cos',
  separator: ',',
  answersWithRuleHeaders: true,
  vary: null,
  honoursResponseVary: true,
  actualRepeatsPreflight: false,
  actualReadsRequestHeaders: false,
  unknownMethodIsBadRequest: false,
  namesMissingRules: false,
  requestIdHeader: 'x-cos-request-id',
  traceIdHeader: 'x-cos-trace-id',
}

const S3: Dialect = {
  name: 's3',
  separator: ', ',
  answersWithRuleHeaders: false,
  vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  honoursResponseVary: false,
  actualRepeatsPreflight: true,
  actualReadsRequestHeaders: true,
  unknownMethodIsBadRequest: true,
  namesMissingRules: true,
  requestIdHeader: 'x-amz-request-id',
  traceIdHeader: 'x-amz-id-2',
}

export const dialectOf = (name: DialectName): Dialect => (name === 'cos' ? COS : S3)
