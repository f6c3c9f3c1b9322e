/**
 * @module
 * A CORS request: the three values of a request that a decision depends on.
 */

/** A request as the rules see it: a preflight, or an actual request. */
export interface CorsRequest {
  /** The Origin header; null if the request has none. */
  readonly origin: string | null
  /** Access-Control-Request-Method of a preflight, or the method of an actual request; null if a preflight names none. */
  readonly method: string | null
  /**
   * Access-Control-Request-Headers as received, several lines joined by commas; null if the request has none. Of an
   * actual request, null unless the dialect reads the header there.
   */
  readonly requestedHeaders: string | null
}
