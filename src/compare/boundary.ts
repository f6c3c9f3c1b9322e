/**
 * @module
 * Texts that together stand for all texts, as far as a set of one-star patterns can tell them apart.
 *
 * What a text matches depends on two things alone: the longest prefix and the longest suffix of any pattern that it
 * begins and ends with (P and Q), and whether these overlap in it. So it is one of: a pattern without a star; P, something
 * that continues no other prefix or suffix, and Q; or P and Q overlapping by some characters, which leaves one text for
 * each number of them.
 */

/** Most texts; a configuration that needs more is looked at in part, and told to be. */
export const MAX_BOUNDARIES = 5000

export interface Boundary {
  readonly text: string
  /** The pattern whose every other text it stands for; itself where it stands for nothing else. */
  readonly standsFor: string
}

export interface Boundaries {
  readonly list: readonly Boundary[]
  /** There would be more. */
  readonly cut: boolean
}

/** Tried when no telling text fits between a prefix and a suffix. */
const NEUTRAL = 'qzxjvkw0123456789abcdefghilmnoprstuy-_~!'

/**
 * @param patterns with at most one `*` each
 * @param fillings what may stand for the star between a prefix and a suffix, the most telling first
 */
export function boundariesOf(
  patterns: Iterable<string>,
  fillings: (prefix: string, suffix: string) => readonly string[],
): Boundaries {
  const exact = new Set<string>()
  const prefixes = new Set<string>([''])
  const suffixes = new Set<string>([''])
  const written = new Map<string, readonly [string, string]>([['*', ['', '']]])
  for (const pattern of patterns) {
    const star = pattern.indexOf('*')
    if (star < 0) exact.add(pattern)
    else {
      const sides = [pattern.slice(0, star), pattern.slice(star + 1)] as const
      prefixes.add(sides[0])
      suffixes.add(sides[1])
      written.set(pattern, sides)
    }
  }

  const isNeutral = (text: string, prefix: string, suffix: string): boolean => {
    if (exact.has(text)) return false
    for (const other of prefixes) if (other.length > prefix.length && text.startsWith(other)) return false
    for (const other of suffixes) if (other.length > suffix.length && text.endsWith(other)) return false
    return true
  }
  const list: Boundary[] = [...exact].map(text => ({ text, standsFor: text }))
  let cut = list.length > MAX_BOUNDARIES
  const addMember = (prefix: string, suffix: string): void => {
    const filling = [...fillings(prefix, suffix), ...[...NEUTRAL].map(c => c.repeat(3))].find(middle =>
      isNeutral(prefix + middle + suffix, prefix, suffix),
    )
    if (filling === undefined) cut = true
    else list.push({ text: prefix + filling + suffix, standsFor: `${prefix}*${suffix}` })
  }

  // What is written comes first: that is what a cut leaves.
  for (const [prefix, suffix] of written.values()) addMember(prefix, suffix)
  for (const prefix of prefixes) {
    for (const suffix of suffixes) {
      if (list.length > MAX_BOUNDARIES) return { list: list.slice(0, MAX_BOUNDARIES), cut: true }
      if (!written.has(`${prefix}*${suffix}`)) addMember(prefix, suffix)
      for (let shared = Math.min(prefix.length, suffix.length); shared > 0; shared--) {
        if (!prefix.endsWith(suffix.slice(0, shared))) continue
        const text = prefix + suffix.slice(shared)
        if (!exact.has(text)) list.push({ text, standsFor: text })
      }
    }
  }
  return { list: list.slice(0, MAX_BOUNDARIES), cut: cut || list.length > MAX_BOUNDARIES }
}

/** What an origin may have where a pattern has its star: such that the whole is one that a browser could send. */
export function originFillings(prefix: string, suffix: string): string[] {
  if (prefix === '') {
    if (suffix === '') return ['https://stranger.example', 'https://another-stranger.example']
    return suffix.startsWith('://') ? ['app', 'other'] : ['https://any', 'https://some-other']
  }
  if (/:\/\/.*:\d*$/.test(prefix)) return ['5173', '8081', '9']
  if (prefix.endsWith('://') && suffix === '') return ['stranger.example', 'another-stranger.example']
  return ['any', 'some-other']
}

/** What a header name may have where a pattern has its star. */
export const headerFillings = (prefix: string, suffix: string): string[] =>
  prefix === '' && suffix === '' ? ['x-other', 'x-yet-another'] : ['any', 'some-other']
