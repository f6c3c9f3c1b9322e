/**
 * Small configurations and all their requests, as tables of bits: which texts a pattern matches is found by trial, and a
 * decision is the first rule of a list. Shares nothing with the engine but the type of a configuration.
 */

import type { Configuration, Method, Rule } from '../../src/cors/configuration.ts'

/** All texts of up to `length` of these letters. */
export function textsOf(letters: string, length: number): string[] {
  const texts = ['']
  for (let from = 0, size = 1; size <= length; size++) {
    const end = texts.length
    for (; from < end; from++) for (const letter of letters) texts.push((texts[from] ?? '') + letter)
  }
  return texts
}

/** All patterns of up to `length` letters from {a, b}, without a star and with one at each place. */
export const patternsOf = (length: number): string[] => [
  ...textsOf('ab', length).filter(text => text !== ''),
  ...textsOf('ab', length).flatMap(text =>
    Array.from({ length: text.length + 1 }, (_, at) => `${text.slice(0, at)}*${text.slice(at)}`),
  ),
]

export const ruleOf = (origins: string[], methods: Method[], headers: string[]): Rule => ({
  id: null,
  allowedOrigins: origins,
  allowedMethods: methods,
  allowedHeaders: headers,
  exposeHeaders: [],
  maxAgeSeconds: null,
})
export const configurationOf = (...rules: Rule[]): Configuration => ({ rules, responseVary: false })

/** Trial matching: some text, perhaps none, in place of the star. */
export function matchesByTrial(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*')
  if (star < 0) return pattern === text
  for (let length = 0; length <= text.length; length++)
    if (pattern.replace('*', () => text.slice(star, star + length)) === text) return true
  return false
}

/** The requests of a scope: origins and header names of up to so many letters, where `c` is one that no pattern names. */
export class Scope {
  readonly texts: readonly string[]
  readonly #matching = new Map<string, Uint8Array>()

  constructor(length: number) {
    this.texts = textsOf('abc', length).filter(text => text !== '')
  }

  #matches(pattern: string): Uint8Array {
    let found = this.#matching.get(pattern)
    if (found === undefined) {
      found = Uint8Array.from(this.texts, text => (matchesByTrial(pattern, text) ? 1 : 0))
      this.#matching.set(pattern, found)
    }
    return found
  }

  /** For each text the rules that have a matching pattern, as bits; each set of rules once. */
  #sets(patterns: readonly (readonly string[])[]): Set<number> {
    const columns = patterns.map(list => list.map(pattern => this.#matches(pattern)))
    const sets = new Set<number>()
    for (let at = 0; at < this.texts.length; at++) {
      let bits = 0
      for (const [rule, column] of columns.entries()) {
        for (const matching of column) if (matching[at] === 1) bits |= 1 << rule
      }
      sets.add(bits)
    }
    return sets
  }

  /** The answers of two configurations to all requests of the scope: pairs of the rules that answer, -1 for none. */
  answers(one: Configuration, other: Configuration): (readonly [one: number, other: number])[] {
    const rules = [...one.rules, ...other.rules]
    const origins = this.#sets(rules.map(rule => rule.allowedOrigins))
    const names = this.#sets(rules.map(rule => rule.allowedHeaders))
    // Any number of names may be asked at once: what allows all of them is what allows each.
    const lists = new Set([(1 << rules.length) - 1])
    for (const name of names) for (const list of [...lists]) lists.add(list & name)
    const [mask, shift] = [(1 << one.rules.length) - 1, one.rules.length]
    const first = (bits: number) => (bits === 0 ? -1 : 31 - Math.clz32(bits & -bits))
    const found = new Map<number, readonly [number, number]>()
    for (const method of ['GET', 'PUT'] as const) {
      let allowing = 0
      for (const [rule, { allowedMethods }] of rules.entries())
        if (allowedMethods.includes(method)) allowing |= 1 << rule
      for (const origin of origins) {
        for (const list of lists) {
          const bits = allowing & origin & list
          const pair = [first(bits & mask), first(bits >> shift)] as const
          found.set((pair[0] + 1) * 64 + pair[1] + 1, pair)
        }
      }
    }
    return [...found.values()]
  }
}

const isOpen = (configuration: Configuration, rule: number): boolean =>
  configuration.rules[rule]?.allowedOrigins.includes('*') === true

type Answers = readonly (readonly [one: number, other: number])[]

/** The two claims of inclusion, by all requests of the scope. */
export const withinByTrial = (answers: Answers, file: Configuration, upper: Configuration) => ({
  access: answers.every(([of, by]) => of < 0 || by >= 0),
  credentials: answers.every(([of, by]) => of < 0 || isOpen(file, of) || (by >= 0 && !isOpen(upper, by))),
})

/** What some request of the scope is answered differently in: access, credentials, and the methods of an answer. */
export function differencesByTrial(answers: Answers, one: Configuration, other: Configuration) {
  const both = answers.filter(([of, by]) => of >= 0 && by >= 0)
  const methodsOf = ({ rules }: Configuration, rule: number) => rules[rule]?.allowedMethods.toSorted().join()
  return {
    lost: answers.some(([of, by]) => of >= 0 && by < 0),
    gained: answers.some(([of, by]) => of < 0 && by >= 0),
    credentials: both.some(([of, by]) => isOpen(one, of) !== isOpen(other, by)),
    methods: both.some(([of, by]) => methodsOf(one, of) !== methodsOf(other, by)),
  }
}
