/**
 * @module
 * The KV keys of a host, or of `default`. See docs/storage.md.
 */

/** Its rules. */
export const rulesKey = (host: string): string => `cors:${host}`
/** Its settings over the variables. */
export const settingsKey = (host: string): string => `bucket:${host}`
/** An earlier record of its rules, for rollback. */
export const historyKey = (host: string, revision: string): string => `history:${host}:${revision}`
