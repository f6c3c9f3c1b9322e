/**
 * @module
 * Tokens, which methods and header names are made of.
 */

const TOKEN = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/

/** Whether `text` is a token (RFC 9110 5.6.2). */
export const isToken = (text: string): boolean => TOKEN.test(text)
