/**
 * @module
 * A host's rules in memory, ready to answer in either dialect.
 */

import { type Configuration, NO_CONFIGURATION } from '../cors/configuration.ts'
import type { DialectName } from '../cors/dialect.ts'
import { compile, hydrate, type ReadyPolicy } from '../cors/policy.ts'

/** What a value says about its publication. */
export interface Publication {
  /** Milliseconds since 1970; {@link UNDATED} for a document pasted by hand. */
  readonly publishedAt: number
  /** Digest of the settings that the rules were published with. Undefined: they go with any settings. */
  readonly settings?: string | null
  readonly guardrail?: string | null
}

/** Time of a document pasted by hand: it counts as the newest. */
export const UNDATED = Number.POSITIVE_INFINITY
/** Time of a key that does not exist: any value is newer. */
export const MISSING = 0

export class Rules {
  readonly revision: string
  readonly configuration: Configuration
  readonly publication: Publication
  readonly #ready = new Map<DialectName, ReadyPolicy>()
  readonly #readyWithoutCredentials = new Map<DialectName, ReadyPolicy>()

  constructor(revision: string, configuration: Configuration, publication: Publication) {
    this.revision = revision
    this.configuration = configuration
    this.publication = publication
  }

  /** Returns the policy in a dialect, with or without credentials. It is compiled when it is first asked for. */
  ready(dialect: DialectName, credentials = true): ReadyPolicy {
    const hydrated = credentials ? this.#ready : this.#readyWithoutCredentials
    let ready = hydrated.get(dialect)
    if (ready === undefined) {
      ready = hydrate(compile(this.configuration, dialect), credentials)
      hydrated.set(dialect, ready)
    }
    return ready
  }
}

/** The rules of a host without any value in KV: a bucket without rules. */
export const WITHOUT_RULES = new Rules('none', NO_CONFIGURATION, { publishedAt: MISSING })

/** Rules that refuse every origin. */
export const NOTHING_ALLOWED = new Rules(
  'refused',
  {
    rules: [
      {
        ...{ id: null, allowedOrigins: [], allowedMethods: [], allowedHeaders: [], exposeHeaders: [] },
        maxAgeSeconds: null,
      },
    ],
    responseVary: NO_CONFIGURATION.responseVary,
  },
  { publishedAt: MISSING },
)
