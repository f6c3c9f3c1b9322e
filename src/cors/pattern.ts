/**
 * @module
 * One-star patterns (`*` stands for zero or more characters) and the index over them. No regular
 * expression is built from configuration: `.`, `+`, `(` and `\` are literals here.
 */

import { copyOf, emptySet, intersect, type RuleSet, unite } from './rule-set.ts'

/** Returns true if replacing the one `*` of the pattern by some text, perhaps an empty one, gives the text. */
export function matchesPattern(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*')
  if (star === -1) return pattern === text
  const suffix = pattern.slice(star + 1)
  // Without the length check, prefix and suffix could overlap: `a.*.b` would accept `a.b`.
  return (
    text.length >= star + suffix.length && text.startsWith(pattern.slice(0, star)) && text.endsWith(suffix)
  )
}

const NOTHING: Readonly<RuleSet> = emptySet()

/** A node of a radix tree: the value at the end of its label, and the nodes that continue it. */
interface Node<V> {
  label: string
  value: V | null
  /** By the first character of the child's label (of a suffix tree: by the last). */
  children: Map<number, Node<V>> | null
}

const newNode = <V>(label: string): Node<V> => ({ label, value: null, children: null })

/**
 * Returns the node of `key`, made if necessary. A suffix tree is the same tree read from the end of its keys: labels stay
 * in reading order, only which end of them comes first differs. An isolate builds the trees before its first answer, so
 * texts are compared without a slice for each character.
 */
function insert<V>(root: Node<V>, key: string, fromEnd: boolean): Node<V> {
  let node = root
  let rest = key
  while (rest !== '') {
    node.children ??= new Map()
    const edge = rest.charCodeAt(fromEnd ? rest.length - 1 : 0)
    const child = node.children.get(edge)
    if (child === undefined) {
      const leaf = newNode<V>(rest)
      node.children.set(edge, leaf)
      return leaf
    }
    const { label } = child
    const isWhole = fromEnd ? rest.endsWith(label) : rest.startsWith(label)
    const shared = isWhole ? label.length : sharedLength(label, rest, fromEnd)
    if (shared < label.length) {
      const middle = newNode<V>(fromEnd ? label.slice(label.length - shared) : label.slice(0, shared))
      child.label = fromEnd ? label.slice(0, label.length - shared) : label.slice(shared)
      const next = child.label.charCodeAt(fromEnd ? child.label.length - 1 : 0)
      middle.children = new Map()
      middle.children.set(next, child)
      node.children.set(edge, middle)
      node = middle
    } else node = child
    rest = fromEnd ? rest.slice(0, rest.length - shared) : rest.slice(shared)
  }
  return node
}

/** Returns how many characters two texts have in common at their beginning, or at their end. */
function sharedLength(a: string, b: string, fromEnd: boolean): number {
  const most = Math.min(a.length, b.length)
  let shared = 0
  if (fromEnd)
    while (shared < most && a.charCodeAt(a.length - 1 - shared) === b.charCodeAt(b.length - 1 - shared))
      shared++
  else while (shared < most && a.charCodeAt(shared) === b.charCodeAt(shared)) shared++
  return shared
}

/**
 * Finds the rules with a pattern that matches a text. Exact patterns are one Map lookup; one-star patterns are a
 * radix tree of prefixes whose ends hold a radix tree of suffixes, so a lookup costs at most the length of
 * the text, however many patterns there are.
 */
export class PatternIndex {
  /** Rules with the pattern `*`. */
  readonly #all: Readonly<RuleSet>
  readonly #exact = new Map<string, Readonly<RuleSet>>()
  readonly #prefixes: Node<Node<Readonly<RuleSet>>> = newNode('')
  /** No text longer than this can equal an exact pattern, so a longer one is not even hashed. */
  #longestExact = 0
  #hasStars = false

  /** @param rules the rules with each pattern; a pattern has at most one `*` */
  constructor(rules: ReadonlyMap<string, Readonly<RuleSet>>) {
    this.#all = rules.get('*') ?? NOTHING
    // Many patterns have the prefix `https://*.` in common.
    const suffixes = new Map<string, Node<Readonly<RuleSet>>>()
    for (const [pattern, set] of rules) {
      if (pattern === '*') continue
      const star = pattern.indexOf('*')
      if (star === -1) {
        this.#exact.set(pattern, set)
        this.#longestExact = Math.max(this.#longestExact, pattern.length)
        continue
      }
      this.#hasStars = true
      const prefix = pattern.slice(0, star)
      let tree = suffixes.get(prefix)
      if (tree === undefined) {
        tree = newNode('')
        insert(this.#prefixes, prefix, false).value = tree
        suffixes.set(prefix, tree)
      }
      insert(tree, pattern.slice(star + 1), true).value = set
    }
  }

  /** True if it holds patterns with a star other than `*` itself: only these cost more than one lookup. */
  get hasStars(): boolean {
    return this.#hasStars
  }

  /** The rules with a pattern equal to the text, or with `*`. */
  literal(text: string): RuleSet {
    const found = copyOf(this.#all)
    const exact = this.#exactly(text)
    if (exact !== undefined) unite(found, exact)
    return found
  }

  /** The rules with a pattern that matches the text. */
  match(text: string): RuleSet {
    const found = this.literal(text)
    if (this.#hasStars) this.#matchStars(text, found, text.length)
    return found
  }

  /** The rules with a one-star pattern of at most `letters` letters that matches the text. */
  matchShort(text: string, letters: number): RuleSet {
    const short = copyOf(this.#all)
    this.#matchStars(text, short, letters)
    return short
  }

  /** Keeps of `set` the rules with a pattern that matches the text. */
  narrow(text: string, set: RuleSet): void {
    if (this.#hasStars) {
      intersect(set, this.match(text))
      return
    }
    const all = this.#all
    const exact = this.#exactly(text) ?? NOTHING
    set.a &= all.a | exact.a
    set.b &= all.b | exact.b
    set.c &= all.c | exact.c
    set.d &= all.d | exact.d
  }

  #exactly(text: string): Readonly<RuleSet> | undefined {
    return text.length <= this.#longestExact ? this.#exact.get(text) : undefined
  }

  #matchStars(text: string, found: RuleSet, letters: number): void {
    let node: Node<Node<Readonly<RuleSet>>> | undefined = this.#prefixes
    let from = 0
    while (node !== undefined && from <= letters) {
      if (node.value !== null) matchSuffixes(node.value, text, from, found, letters - from)
      node = node.children?.get(text.charCodeAt(from))
      if (node === undefined || !text.startsWith(node.label, from)) return
      from += node.label.length
    }
  }
}

/** Unites the sets of all suffixes that end the text, of at most `letters`, without reaching back over the prefix's end. */
function matchSuffixes(
  root: Node<Readonly<RuleSet>>,
  text: string,
  from: number,
  found: RuleSet,
  letters: number,
): void {
  let node: Node<Readonly<RuleSet>> | undefined = root
  let end = text.length
  const least = Math.max(from, text.length - letters)
  while (node !== undefined) {
    if (node.value !== null) unite(found, node.value)
    node = node.children?.get(text.charCodeAt(end - 1))
    if (node === undefined || end - node.label.length < least || !text.endsWith(node.label, end)) return
    end -= node.label.length
  }
}
