/**
 * @module
 * curl commands: as "Copy as cURL" of the browsers writes them, and as people type them. Only names of headers are kept.
 */

import type { Paste, Unreadable } from './paste.ts'
import { askedByPreflight, type Header, pageOrigin, scriptHeaders, valueIn } from './sent-headers.ts'
import { methodOf, shownUrl } from './text.ts'
import { SEPARATOR, type Word, wordsOf } from './words.ts'

/** Options with a value, by what is done with it. curl's manual, "curl.1". */
const LONG: Readonly<Record<string, Option>> = {
  header: 'header',
  request: 'method',
  url: 'url',
  cookie: 'cookie',
  user: 'authorization',
  'oauth2-bearer': 'authorization',
  'aws-sigv4': 'authorization',
  referer: 'referer',
  range: 'range',
  data: 'data',
  'data-ascii': 'data',
  'data-binary': 'data',
  'data-raw': 'data',
  'data-urlencode': 'data',
  json: 'json',
  form: 'form',
  'form-string': 'form',
  'upload-file': 'upload',
  cacert: 'other',
  cert: 'other',
  'connect-timeout': 'other',
  'connect-to': 'other',
  'cookie-jar': 'other',
  key: 'other',
  'limit-rate': 'other',
  'max-time': 'other',
  output: 'other',
  proxy: 'other',
  'proxy-user': 'other',
  resolve: 'other',
  retry: 'other',
  'user-agent': 'other',
  'write-out': 'other',
}
const SHORT: Readonly<Record<string, Option>> = {
  H: 'header',
  X: 'method',
  b: 'cookie',
  u: 'authorization',
  e: 'referer',
  r: 'range',
  d: 'data',
  F: 'form',
  T: 'upload',
  A: 'other',
  C: 'other',
  E: 'other',
  K: 'other',
  Q: 'other',
  U: 'other',
  c: 'other',
  m: 'other',
  o: 'other',
  w: 'other',
  x: 'other',
  y: 'other',
  z: 'other',
}
type Option =
  | 'header'
  | 'method'
  | 'url'
  | 'cookie'
  | 'authorization'
  | 'referer'
  | 'range'
  | 'data'
  | 'json'
  | 'form'
  | 'upload'
  | 'other'

/** What the options of one command amount to. */
interface Command {
  url: string | null
  method: string | null
  /** The method where none is named. */
  implied: 'GET' | 'HEAD' | 'POST' | 'PUT'
  /** `-G`: the data go into the query. */
  isGet: boolean
  hasCookie: boolean
  readonly headers: Header[]
  readonly missing: string[]
}

/** Whether a text holds a command at all. */
export const isCurl = (text: string): boolean => /(^|[\s$>;&|])curl(\.exe)?\s/.test(text)

/** Reads the first curl command of a text. */
export function readCurl(text: string): Paste | Unreadable {
  const [first, ...others] = commandsOf(wordsOf(text))
  if (first === undefined) return { problem: 'There is no curl command in this text.' }
  const command = readOptions(first)
  if (command.url === null) return { problem: 'The curl command names no URL.' }
  const { headers, missing } = command
  const preflight = askedByPreflight(headers)
  const page = pageOrigin(headers)
  const sent = scriptHeaders(headers, true)
  const ofMethod = command.method ?? (command.isGet ? 'GET' : command.implied)
  missing.push(...page.missing)
  if (preflight === null && sent.left.length > 0) missing.push(leftOut(sent.left))
  if (others.length > 0) missing.push(`Only the first command is read, of ${others.length + 1}.`)
  return {
    kind: 'curl',
    browser: null,
    says: null,
    status: null,
    request: {
      url: shownUrl(command.url),
      origin: page.origin,
      method: methodOf(preflight?.method ?? ofMethod),
      headers: preflight?.headers ?? sent.names,
      credentials: command.hasCookie || valueIn(headers, 'cookie') !== null ? true : null,
      preflight: preflight === null ? null : true,
    },
    missing,
  }
}

export const leftOut = (names: readonly string[]): string =>
  `Left out, as browsers send it on their own: ${names.join(', ')}.`

/** The words of each curl command, without `curl` itself. */
function commandsOf(words: readonly Word[]): string[][] {
  const commands: string[][] = []
  let command: string[] | null = null
  for (const word of words) {
    if (word === SEPARATOR) command = null
    else if (command === null && (word === 'curl' || word === 'curl.exe')) {
      command = []
      commands.push(command)
    } else command?.push(word)
  }
  return commands
}

function readOptions(words: readonly string[]): Command {
  const command: Command = {
    url: null,
    method: null,
    implied: 'GET',
    isGet: false,
    hasCookie: false,
    headers: [],
    missing: [],
  }
  const rest = words[Symbol.iterator]()
  for (const word of rest) {
    if (word.startsWith('--')) {
      const name = word.slice(2)
      const option = LONG[name]
      if (option !== undefined) take(command, option, rest.next().value ?? '')
      else readFlag(command, name)
    } else if (word.startsWith('-') && word.length > 1) readShort(command, word, rest)
    else if (command.url === null && looksLikeUrl(word)) command.url = withScheme(word)
  }
  return command
}

/** `-sSX PUT`, `-XPUT`, `-I`. */
function readShort(command: Command, word: string, rest: Iterator<string>): void {
  for (let i = 1; i < word.length; i++) {
    const letter = word.charAt(i)
    const option = SHORT[letter]
    if (option === undefined) readFlag(command, letter)
    else {
      const value = word.slice(i + 1)
      take(command, option, value === '' ? (rest.next().value ?? '') : value)
      return
    }
  }
}

function readFlag(command: Command, name: string): void {
  if (name === 'I' || name === 'head') command.implied = 'HEAD'
  else if (name === 'G' || name === 'get') command.isGet = true
}

function take(command: Command, option: Option, value: string): void {
  const { headers } = command
  switch (option) {
    case 'header': {
      const header = headerOf(value)
      if (header !== null) headers.push(header)
      else if (value.startsWith('@')) command.missing.push('It takes headers from a file: they are not told.')
      break
    }
    case 'method':
      command.method = value
      break
    case 'url':
      command.url ??= withScheme(value)
      break
    case 'cookie':
      command.hasCookie = true
      break
    case 'authorization':
      headers.push(['authorization', ''])
      break
    case 'referer':
      headers.push(['referer', value])
      break
    case 'range':
      headers.push(['range', ''])
      break
    case 'json':
      headers.push(['content-type', 'application/json'])
      command.implied = 'POST'
      break
    case 'data':
    case 'form':
      command.implied = 'POST'
      break
    case 'upload':
      command.implied = 'PUT'
      break
    case 'other':
      break
  }
}

/** `Name: value`, or `Name;` for an empty one. `Name:` takes a header away. */
function headerOf(line: string): Header | null {
  const colon = line.indexOf(':', 1)
  if (colon === -1) return line.endsWith(';') ? [line.slice(0, -1), ''] : null
  const value = line.slice(colon + 1).trim()
  return value === '' ? null : [line.slice(0, colon), value]
}

const looksLikeUrl = (word: string): boolean =>
  word.includes('://') || word.includes('.') || word.startsWith('localhost')

/** curl's guess. */
const withScheme = (word: string): string => (word.includes('://') ? word : `http://${word}`)
