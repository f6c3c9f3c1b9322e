/**
 * @module
 * The JSON objects of a log of any length: one after another, over several lines or in an array, and between other text.
 */

/** Characters of one object. Cloudflare keeps 256 KB of an invocation's log. */
export const MAX_OBJECT_LENGTH = 1024 * 1024
/** Objects and arrays within one another; an invocation's document has about six. */
export const MAX_DEPTH = 32

const LINE_FEED = 0x0a
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

const codesOf = (characters: string): ReadonlySet<number> =>
  new Set([...characters].map(character => character.charCodeAt(0)))
const SPACES = codesOf(' \t\r\n')
/** What may stand between the objects of an array. */
const FILLING = codesOf(' \t\r\n[],\uFEFF')
const OPENING = codesOf('{[')
const CLOSING = codesOf('}]')
/** What may stand in an object outside its strings, besides the former two: `:`, `,`, numbers, true, false, null. */
const BARE = codesOf(' \t\r\n:,+-.0123456789eEtrufalsn')

/** Results of the search for an object's end: not complete yet, not an object, over the bound. */
const NOT_YET = -1
const NONE = -2
const TOO_LONG = -3

/**
 * Takes a log in pieces and gives its objects as soon as they are whole. Keeps no more than one object and one piece.
 * Where text only looks like an object, only its brace is skipped: the text behind it may hold an object.
 */
export class JsonObjects {
  /** Lines that hold something else. */
  otherLines = 0
  #text = ''
  /** How much of `#text` has been looked at. */
  #at = 0
  /** `#text` begins with the brace of an object. */
  #isInside = false
  #isFirst = false
  #isInString = false
  #depth = 0
  #isLineCounted = false

  push(piece: string): Generator<unknown> {
    this.#text += piece
    return this.#objects()
  }

  /** To be called when there is no more. */
  *end(): Generator<unknown> {
    while (this.#isInside) {
      this.#leave(1)
      yield* this.#objects()
    }
  }

  *#objects(): Generator<unknown> {
    while (this.#isInside || this.#enter()) {
      const end = this.#findEnd()
      if (end === NOT_YET) return
      const value = end < 0 ? undefined : parse(this.#text.slice(0, end))
      if (value === undefined) {
        // Looking at it again and again would take for ever.
        this.#leave(end === TOO_LONG ? this.#text.length : 1)
        continue
      }
      this.#drop(end)
      this.#isInside = false
      yield value
    }
  }

  /** Goes to the next brace. Returns false if there is no brace yet. */
  #enter(): boolean {
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === OPEN_BRACE) break
      if (code === LINE_FEED) this.#isLineCounted = false
      else if (!FILLING.has(code)) this.#countLine()
    }
    this.#drop(this.#at)
    this.#isInside = this.#text !== ''
    this.#isInString = false
    this.#depth = 0
    return this.#isInside
  }

  /** Treats what looked like an object as other text. */
  #leave(length: number): void {
    this.#countLine()
    this.#drop(length)
    this.#isInside = false
  }

  #drop(length: number): void {
    this.#text = this.#text.slice(length)
    this.#at = 0
  }

  #countLine(): void {
    if (!this.#isLineCounted) this.otherLines++
    this.#isLineCounted = true
  }

  /** The index after the object; or one of the three above. */
  #findEnd(): number {
    const text = this.#text
    for (; this.#at < text.length; this.#at++) {
      const code = text.charCodeAt(this.#at)
      if (this.#isInString) {
        if (code === QUOTE) this.#isInString = false
        else if (code === BACKSLASH) this.#at++
        else if (code === LINE_FEED) return NONE
        continue
      }
      if (this.#isFirst && !SPACES.has(code)) {
        this.#isFirst = false
        if (code !== QUOTE && code !== CLOSE_BRACE) return NONE
      }
      if (code === QUOTE) this.#isInString = true
      else if (OPENING.has(code)) {
        // Nothing within a document begins its line: this one has broken off, and the next has begun.
        if (this.#depth > 0 && text.charCodeAt(this.#at - 1) === LINE_FEED) return NONE
        if (++this.#depth > MAX_DEPTH) return NONE
        this.#isFirst = this.#depth === 1
      } else if (CLOSING.has(code)) {
        if (--this.#depth === 0) return this.#at + 1
      } else if (!BARE.has(code)) return NONE
    }
    return text.length > MAX_OBJECT_LENGTH ? TOO_LONG : NOT_YET
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
