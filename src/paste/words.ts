/**
 * @module
 * The words of a command line, as bash or cmd.exe takes it apart: only quotes, as tools write them. Nothing is expanded.
 * A library for it would be ten times this and knows bash only.
 */

/** Stands between two commands; it is never a word of a command. */
export const SEPARATOR = Symbol('between two commands')
export type Word = string | typeof SEPARATOR

const OPERATORS = new Set([';', '&', '|'])
/** Quotes at the beginning of a word, and what ends them. */
const TYPOGRAPHIC: ReadonlyMap<string, string> = new Map([
  ['\u201c', '\u201d'],
  ['\u201d', '\u201d'],
  ['\u2018', '\u2019'],
])

/** The words of a command line; in cmd.exe's form where it is written so. */
export const wordsOf = (text: string): Word[] =>
  isForCmd(text) ? cmdWords(unescapeCaret(text)) : bashWords(text)

/** Chrome and Firefox write `curl ^"…`, and before that `^` at each line's end. */
const isForCmd = (text: string): boolean =>
  text.includes('^"') || text.includes(' ^\n') || text.includes(' ^\r\n')

function bashWords(text: string): Word[] {
  const words: Word[] = []
  let word: string | null = null
  let i = 0
  const flush = () => {
    if (word !== null) words.push(word)
    word = null
  }
  while (i < text.length) {
    const c = text.charAt(i)
    if (c === "'") {
      const end = endOf(text, i + 1, "'")
      word = (word ?? '') + text.slice(i + 1, end)
      i = end + 1
    } else if (c === '"') {
      const part = quoted(text, i + 1, '"', plainEscape)
      word = (word ?? '') + part.value
      i = part.next
    } else if (word === null && TYPOGRAPHIC.has(c)) {
      // A shell would not take them: a word processor made them of straight ones.
      const end = endOf(text, i + 1, TYPOGRAPHIC.get(c) ?? c)
      word = text.slice(i + 1, end)
      i = end + 1
    } else if (c === '$' && text.charAt(i + 1) === "'") {
      const part = quoted(text, i + 2, "'", ansiEscape)
      word = (word ?? '') + part.value
      i = part.next
    } else if (c === '\\') {
      const next = text.charAt(i + 1)
      const isLineEnd = next === '\n' || next === '\r'
      if (!isLineEnd) word = (word ?? '') + next
      i += isLineEnd && text.startsWith('\r\n', i + 1) ? 3 : 2
    } else if (c.trim() === '' || OPERATORS.has(c)) {
      flush()
      if (c === '\n' || OPERATORS.has(c)) words.push(SEPARATOR)
      i++
    } else {
      word = (word ?? '') + c
      i++
    }
  }
  flush()
  return words
}

const endOf = (text: string, from: number, quote: string): number => {
  const end = text.indexOf(quote, from)
  return end === -1 ? text.length : end
}

interface MessagePart {
  readonly value: string
  readonly next: number
}
/** The value of what follows a backslash, and its length in the text. */
type Escape = (text: string, at: number) => { readonly value: string; readonly length: number }

function quoted(text: string, from: number, quote: string, readEscape: Escape): MessagePart {
  const pieces: string[] = []
  let i = from
  while (i < text.length && text.charAt(i) !== quote) {
    if (text.charAt(i) === '\\') {
      const { value, length } = readEscape(text, i + 1)
      pieces.push(value)
      i += 1 + length
    } else pieces.push(text.charAt(i++))
  }
  return { value: pieces.join(''), next: i + 1 }
}

/** In double quotes: a backslash stays, but before these. */
const plainEscape: Escape = (text, at) => {
  const c = text.charAt(at)
  if (c === '\n') return { value: '', length: 1 }
  return { value: '"\\$`!'.includes(c) ? c : `\\${c}`, length: 1 }
}

const ANSI: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '',
  b: '',
  e: '',
  f: '',
  v: '',
}
const DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/** In $'…': bash's manual, "ANSI-C Quoting". */
const ansiEscape: Escape = (text, at) => {
  const c = text.charAt(at)
  const digits = DIGITS[c]
  if (digits === undefined) return { value: ANSI[c] ?? c, length: 1 }
  const hex = /^[\da-fA-F]+/.exec(text.slice(at + 1, at + 1 + digits))?.[0] ?? ''
  const code = Number.parseInt(hex, 16)
  const isCharacter = hex !== '' && code <= 0x10ffff
  return { value: isCharacter ? String.fromCodePoint(code) : '', length: 1 + hex.length }
}

/** Returns what cmd.exe passes on: outside of quotes, a caret makes the next character a plain one. */
function unescapeCaret(text: string): string {
  const pieces: string[] = []
  let isQuoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i)
    if (c === '^' && !isQuoted) {
      i++
      if (text.startsWith('\r\n', i)) i++
      else if (text.charAt(i) !== '\n') pieces.push(text.charAt(i))
    } else {
      if (c === '"') isQuoted = !isQuoted
      pieces.push(c)
    }
  }
  return pieces.join('')
}

/** As a Windows program takes its line apart: `\"` and, within quotes, `""` are a quote. */
function cmdWords(text: string): Word[] {
  const words: Word[] = []
  let word: string | null = null
  let isQuoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i)
    const next = text.charAt(i + 1)
    if ((c === '\\' && (next === '"' || next === '\\')) || (c === '"' && next === '"' && isQuoted)) {
      word = (word ?? '') + next
      i++
    } else if (c === '"') {
      isQuoted = !isQuoted
      word ??= ''
    } else if (!isQuoted && (c.trim() === '' || OPERATORS.has(c))) {
      if (word !== null) words.push(word)
      word = null
      if (c === '\n' || OPERATORS.has(c)) words.push(SEPARATOR)
    } else word = (word ?? '') + c
  }
  if (word !== null) words.push(word)
  return words
}
