/**
 * @module
 * Parses JSON into nodes with places. Reads on after the mistakes that people make, so that each is reported where it is.
 */

import type { Place } from './places.ts'

/** A value with its place. `value` is null for an object and an array; `entries` and `items` are empty for the others. */
export interface JsonNode extends Place {
  readonly kind: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null'
  readonly value: string | number | boolean | null
  readonly entries: readonly JsonEntry[]
  readonly items: readonly JsonNode[]
}

export interface JsonEntry {
  readonly key: string
  /** Start of the key. */
  readonly start: number
  readonly value: JsonNode
}

/** A syntax error at an index of the text. */
export interface JsonProblem {
  readonly at: number
  readonly reason: string
  readonly hint: string
}

export interface JsonTree {
  /** null if there is no value at all. */
  readonly root: JsonNode | null
  readonly problems: readonly JsonProblem[]
}

/** An ARM template inside an API answer needs 12 levels. */
const MAX_DEPTH = 32
/** Nobody corrects more at once, and later ones may be consequences. */
const MAX_PROBLEMS = 10

/** Parses `text`, with or without a byte order mark. Linear in its length. Never throws. */
export function parseJson(text: string): JsonTree {
  const parser = new Parser(text)
  return { root: parser.document(), problems: parser.problems }
}

/** Returns the plain value of a node, as `JSON.parse` would. Own keys only: no key has an effect. */
export function plainValue(node: JsonNode): unknown {
  if (node.kind === 'array') return node.items.map(plainValue)
  if (node.kind !== 'object') return node.value
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainValue(value)]))
}

const scalar = (kind: JsonNode['kind'], value: JsonNode['value'], start: number, end: number): JsonNode => ({
  kind,
  value,
  start,
  end,
  entries: [],
  items: [],
})

const SMART_QUOTES = '“”„‟«»‘’'
/** A curly quote in the place where a string ends. */
const SMART_END = /[“”„‟«»]\s*[,:\]}]/
const SPACE = /[ \t\r\n]*/y
/** White space that JSON does not allow, and characters that nobody sees. */
const ODD_SPACE = /[\s\uFEFF\u200B-\u200F\u2060]/
/** An unquoted word: a name, a number, or code such as `s3.HttpMethods.GET`. */
const BARE = /[^\s,:[\]{}"'“”]+/y
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const LITERALS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
])
const PYTHON: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ['True', true],
  ['False', false],
  ['None', null],
])

/** Thrown inside the parser alone, after the problem is recorded. */
class Stop extends Error {}

class Parser {
  readonly problems: JsonProblem[] = []
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): JsonNode | null {
    try {
      this.#space()
      if (this.#at >= this.#text.length) return null
      const root = this.#value(0)
      try {
        this.#space()
        if (this.#at < this.#text.length)
          this.#stop(this.#at, 'There is text after the end of the document', 'Remove it.')
      } catch (error) {
        if (!(error instanceof Stop)) throw error
      }
      return root
    } catch (error) {
      if (!(error instanceof Stop)) throw error
      return null
    }
  }

  #problem(at: number, reason: string, hint: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ at, reason, hint })
  }

  #stop(at: number, reason: string, hint: string): never {
    this.#problem(at, reason, hint)
    throw new Stop()
  }

  /** Skips white space, and comments with a problem for the first of each run. */
  #space(): void {
    for (;;) {
      SPACE.lastIndex = this.#at
      SPACE.test(this.#text)
      this.#at = SPACE.lastIndex
      const c = this.#text[this.#at] ?? ''
      if (ODD_SPACE.test(c)) {
        const code = c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
        if (this.#at > 0 || c !== '\uFEFF')
          this.#problem(this.#at, `There is an invisible character (U+${code})`, 'Delete it.')
        this.#at++
        continue
      }
      const two = this.#text.slice(this.#at, this.#at + 2)
      const end = two === '/*' ? '*/' : two === '//' || two.startsWith('#') ? '\n' : null
      if (end === null) return
      this.#problem(this.#at, 'There is a comment, and JSON has no comments', 'Remove the comment.')
      const close = this.#text.indexOf(end, this.#at + 1)
      this.#at = close < 0 ? this.#text.length : close + end.length
    }
  }

  #value(depth: number): JsonNode {
    const start = this.#at
    const c = this.#text[start] ?? ''
    if (c === '{' || c === '[') {
      if (depth >= MAX_DEPTH)
        this.#stop(start, `Values are nested more than ${MAX_DEPTH} deep`, 'Keep the CORS rules only.')
      return c === '{' ? this.#object(start, depth) : this.#array(start, depth)
    }
    if (c === '"' || c === "'" || SMART_QUOTES.includes(c)) {
      const value = this.#string()
      return scalar('string', value, start, this.#at)
    }
    return this.#bare(start)
  }

  #object(start: number, depth: number): JsonNode {
    const entries: JsonEntry[] = []
    this.#list('}', start, () => {
      const at = this.#at
      const key = this.#key()
      this.#space()
      if (this.#text[this.#at] === ':') this.#at++
      else if (this.#text[this.#at] === '=') {
        this.#problem(this.#at, `There is = after "${key}"`, 'Write : between a key and its value.')
        this.#at++
      } else this.#stop(this.#at, `There is no : after "${key}"`, 'Write : between a key and its value.')
      this.#space()
      entries.push({ key, start: at, value: this.#value(depth + 1) })
    })
    return { ...scalar('object', null, start, this.#at), entries }
  }

  #array(start: number, depth: number): JsonNode {
    const items: JsonNode[] = []
    this.#list(']', start, () => items.push(this.#value(depth + 1)))
    return { ...scalar('array', null, start, this.#at), items }
  }

  #list(end: string, start: number, item: () => void): void {
    this.#at++
    let comma: number | null = null
    for (let first = true; ; first = false) {
      this.#space()
      const c = this.#text[this.#at]
      if (c === undefined)
        this.#stop(
          this.#text.length,
          `The document ends before the ${end} that closes line ${this.#lineOf(start)}`,
          `Add the rest, or ${end}.`,
        )
      if (c === end) {
        if (comma !== null)
          this.#problem(comma, `There is a trailing comma before ${end}`, 'Remove the comma.')
        this.#at++
        return
      }
      if (c === ',') {
        this.#problem(this.#at, 'There is a comma without a value before it', 'Remove the comma.')
        this.#at++
        continue
      }
      if (c === '}' || c === ']')
        this.#stop(this.#at, `There is ${c} where ${end} belongs`, `Write ${end}, or complete the value.`)
      if (!first && comma === null)
        this.#problem(this.#at, 'There is no comma between two values', 'Add a comma.')
      item()
      this.#space()
      comma = this.#text[this.#at] === ',' ? this.#at++ : null
    }
  }

  #lineOf(index: number): number {
    return this.#text.slice(0, index).split('\n').length
  }

  #key(): string {
    const c = this.#text[this.#at] ?? ''
    if (c === '"' || c === "'" || SMART_QUOTES.includes(c)) return this.#string()
    BARE.lastIndex = this.#at
    const [key] = BARE.exec(this.#text) ?? []
    if (key === undefined)
      this.#stop(this.#at, `There is ${c} where a key belongs`, 'Write a key in "quotes".')
    this.#problem(this.#at, `The key ${key.slice(0, 40)} is unquoted`, `Write "${key.slice(0, 40)}".`)
    this.#at += key.length
    return key
  }

  #string(): string {
    const start = this.#at
    const open = this.#text[start] ?? ''
    if (open === '"') return this.#quoted(start)
    const smart = open !== "'"
    const single = 'The text is in single quotes, and JSON has double quotes only'
    this.#problem(
      start,
      smart ? `There is a smart quote ${open}` : single,
      smart ? 'Write the straight quote ".' : 'Write ".',
    )
    let end = start + 1
    const closes = (c: string) => (smart ? c === '"' || SMART_QUOTES.includes(c) : c === "'")
    while (end < this.#text.length && this.#text[end] !== '\n' && !closes(this.#text[end] ?? '')) end++
    if (!closes(this.#text[end] ?? ''))
      this.#stop(start, 'The text is not closed', `Add the closing ${open}.`)
    this.#at = end + 1
    return this.#text.slice(start + 1, end)
  }

  #quoted(start: number): string {
    let end = start + 1
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === '\\' ? 2 : 1
    const raw = this.#text.slice(start, end + 1)
    const smart = SMART_END.exec(raw.slice(1))
    if (smart !== null && !isString(raw, this.#text[end + 1] ?? '')) {
      const at = start + 1 + smart.index
      this.#problem(at, `There is a smart quote ${this.#text[at]}`, 'Write the straight quote ".')
      this.#at = at + 1
      return this.#text.slice(start + 1, at)
    }
    const control = raw.search(/[\0-\x1f]/)
    if (end >= this.#text.length || (control >= 0 && raw[control] === '\n'))
      this.#stop(start, 'The text is not closed on its line', 'Add the closing ".')
    this.#at = end + 1
    try {
      return String(JSON.parse(raw))
    } catch {
      const what = control >= 0 ? 'a control character, such as a tab' : 'an invalid escape after \\'
      this.#problem(start + Math.max(control, 0), `The text has ${what}`, 'Remove it.')
      return raw.slice(1, -1)
    }
  }

  #bare(start: number): JsonNode {
    BARE.lastIndex = start
    const [word] = BARE.exec(this.#text) ?? []
    if (word === undefined)
      this.#stop(start, `There is ${this.#text[start] ?? 'an end'} where a value belongs`, 'Write a value.')
    this.#at = start + word.length
    const literal = LITERALS.get(word)
    if (literal !== undefined) return scalar(literal === null ? 'null' : 'boolean', literal, start, this.#at)
    if (NUMBER.test(word)) return scalar('number', Number(word), start, this.#at)
    const python = PYTHON.get(word)
    if (python !== undefined) {
      this.#problem(start, `${word} is Python, not JSON`, `Write ${python}, or print it with json.dumps().`)
      return scalar(python === null ? 'null' : 'boolean', python, start, this.#at)
    }
    const shown = word.slice(0, 40)
    this.#problem(start, `The value ${shown} is unquoted`, `Write "${shown}".`)
    return scalar('string', word, start, this.#at)
  }
}

/** Returns true if the text in double quotes is a string that something may follow. */
const isString = (raw: string, next: string): boolean => !raw.includes('\n') && /^[\s,:\]}]?$/.test(next)
