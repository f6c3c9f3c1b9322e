/**
 * @module
 * The texts that two one-star patterns share, as far as any other pattern can tell them apart.
 *
 * No pattern can ask for the character `*`, but a request may hold it. So the pattern `P*S`, read as a text, is one of its
 * own texts, and every pattern that matches this text matches all texts of `P*S`: it is a witness for all of them.
 */

/** Returns the text that stands for all header names of a pattern. The name `*` is never allowed, hence `**` for it. */
export const witnessOfName = (pattern: string): string => (pattern === '*' ? '**' : pattern)

/**
 * Calls `visit` with witnesses of the texts that both patterns match: a third pattern matches all shared texts if and only
 * if it matches every witness. These are `P*S` of the longer prefix and the longer suffix, and each text in which the two
 * overlap. Stops when `visit` returns false.
 *
 * @param looksAtOverlaps asked after `P*S`, with the length of the shortest overlap
 * @returns false if `visit` stopped it
 */
export function eachMeeting(
  one: string,
  other: string,
  visit: (witness: string) => boolean,
  looksAtOverlaps: (witness: string, shortest: number) => boolean,
): boolean {
  const [star, otherStar] = [one.indexOf('*'), other.indexOf('*')]
  if (star < 0 || otherStar < 0) return eachWithExact(one, star, other, otherStar, visit)
  const [prefix1, suffix1] = [one.slice(0, star), one.slice(star + 1)]
  const [prefix2, suffix2] = [other.slice(0, otherStar), other.slice(otherStar + 1)]
  const prefix = prefix1.length < prefix2.length ? prefix2 : prefix1
  const suffix = suffix1.length < suffix2.length ? suffix2 : suffix1
  if (!prefix.startsWith(prefix1) || !prefix.startsWith(prefix2)) return true
  if (!suffix.endsWith(suffix1) || !suffix.endsWith(suffix2)) return true
  const witness = witnessOfName(`${prefix}*${suffix}`)
  if (!visit(witness)) return false
  const least = Math.max(one.length, other.length) - 1
  const most = Math.min(prefix.length, suffix.length, prefix.length + suffix.length - least)
  if (most < 1 || !looksAtOverlaps(witness, least)) return true
  for (let shared = 1; shared <= most; shared++) {
    if (!prefix.endsWith(suffix.slice(0, shared))) continue
    if (!visit(prefix + suffix.slice(shared))) return false
  }
  return true
}

function eachWithExact(
  one: string,
  star: number,
  other: string,
  otherStar: number,
  visit: (witness: string) => boolean,
): boolean {
  const meets =
    star < 0 ? (otherStar < 0 ? one === other : holds(other, otherStar, one)) : holds(one, star, other)
  return meets ? visit(star < 0 ? one : other) : true
}

const holds = (pattern: string, star: number, text: string): boolean =>
  text.length >= pattern.length - 1 &&
  text.startsWith(pattern.slice(0, star)) &&
  text.endsWith(pattern.slice(star + 1))
