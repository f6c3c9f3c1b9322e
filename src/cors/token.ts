/**
 * @module
 * Tokens (methods and header names are tokens), and methods as browsers write them.
 */

const TOKEN = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/

/** Returns true if `text` is a token (RFC 9110 5.6.2). */
export const isToken = (text: string): boolean => TOKEN.test(text)

const NORMALIZED = /^(?:delete|get|head|options|post|put)$/i

/** Returns a method as a browser sends it: six are put into upper case, no others (Fetch, "normalize a method"). */
export const normalizedMethod = (method: string): string =>
  NORMALIZED.test(method) ? method.toUpperCase() : method
