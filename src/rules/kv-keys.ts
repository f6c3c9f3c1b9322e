/**
 * @module
 * The KV keys of a host, or of `default`. See docs/storage.md.
 */

/** Key of a host's rules. */
export const rulesKey = (host: string): string => `cors:${host}`
/** Key of a host's settings, which override the variables. */
export const settingsKey = (host: string): string => `bucket:${host}`
/** Key of a host's guardrail: the widest rules that may be published for it. */
export const guardrailKey = (host: string): string => `guardrail:${host}`
/** Key of an earlier record of a host's rules, for rollback. */
export const historyKey = (host: string, revision: string): string => `history:${host}:${revision}`
