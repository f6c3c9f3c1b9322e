/**
 * @module
 * A set of rule positions as a bit mask: the rules that allow an origin, a method or a header name. The intersection holds
 * the rules that match a request in full, and its lowest bit is the first of them. So the cost of a decision does not grow
 * with the number of rules.
 */

/** Four 32-bit words: room for 128 positions, and a configuration has at most 100 (MAX_RULES). */
export interface RuleSet {
  a: number
  b: number
  c: number
  d: number
}

export const emptySet = (): RuleSet => ({ a: 0, b: 0, c: 0, d: 0 })

export const copyOf = ({ a, b, c, d }: RuleSet): RuleSet => ({ a, b, c, d })

/** Adds a position from 0 to 127. */
export function addPosition(set: RuleSet, position: number): void {
  const bit = 1 << (position & 31)
  if (position < 32) set.a |= bit
  else if (position < 64) set.b |= bit
  else if (position < 96) set.c |= bit
  else set.d |= bit
}

/** Adds a position to the set of a key. */
export function addPositionOf(sets: Map<string, RuleSet>, key: string, position: number): void {
  const set = sets.get(key) ?? emptySet()
  addPosition(set, position)
  sets.set(key, set)
}

/** Adds all of `other` to `set`. */
export function unite(set: RuleSet, other: RuleSet): void {
  set.a |= other.a
  set.b |= other.b
  set.c |= other.c
  set.d |= other.d
}

/** Removes from `set` every position that is not in `other`. */
export function intersect(set: RuleSet, other: RuleSet): void {
  set.a &= other.a
  set.b &= other.b
  set.c &= other.c
  set.d &= other.d
}

export const isEmpty = (set: RuleSet): boolean => (set.a | set.b | set.c | set.d) === 0

/** The lowest position in a set that is not empty; -1 for an empty one. */
export function firstPosition(set: RuleSet): number {
  if (set.a !== 0) return lowestBit(set.a)
  if (set.b !== 0) return 32 + lowestBit(set.b)
  if (set.c !== 0) return 64 + lowestBit(set.c)
  if (set.d !== 0) return 96 + lowestBit(set.d)
  return -1
}

const lowestBit = (word: number): number => 31 - Math.clz32(word & -word)

/** Returns the positions from 0 up to, but not including, `end` (at most 128). */
export function positionsBelow(end: number): RuleSet {
  const set = emptySet()
  for (let position = 0; position < end; position++) addPosition(set, position)
  return set
}

/** Returns the positions of a set, the lowest first. */
export function positionsIn({ a, b, c, d }: RuleSet): number[] {
  const positions: number[] = []
  for (const [at, set] of [a, b, c, d].entries())
    for (let word = set; word !== 0; word &= word - 1) positions.push(32 * at + lowestBit(word))
  return positions
}

/** Returns the positions that are in both sets. */
export const common = (one: RuleSet, other: RuleSet): RuleSet => ({
  a: one.a & other.a,
  b: one.b & other.b,
  c: one.c & other.c,
  d: one.d & other.d,
})

/** Returns the positions of `set` that are not in `other`. */
export const without = (set: RuleSet, other: RuleSet): RuleSet => ({
  a: set.a & ~other.a,
  b: set.b & ~other.b,
  c: set.c & ~other.c,
  d: set.d & ~other.d,
})

/** Returns a text that is equal for equal sets. */
export const keyOfSet = ({ a, b, c, d }: RuleSet): string => `${a},${b},${c},${d}`

/** Returns how many positions a set holds. */
export function sizeOf({ a, b, c, d }: RuleSet): number {
  let size = 0
  for (let word of [a, b, c, d]) {
    for (; word !== 0; word &= word - 1) size++
  }
  return size
}
