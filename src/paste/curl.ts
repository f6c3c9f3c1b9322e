/**
 * @module
 * curl commands: as "Copy as cURL" of the browsers writes them, and as people type them. Only names of headers are kept.
 */

import { type CurlOption, longOption, shortOption } from './curl-options.ts'
import type { Paste, Unreadable } from './paste.ts'
import { type Header, leftOut, sentRequest } from './sent-headers.ts'
import { statusAt } from './text.ts'
import { SEPARATOR, type Word, wordsOf } from './words.ts'

/** What the options of one command amount to. */
interface Command {
  url: string | null
  method: string | null
  /** The method where no option names one. */
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
  const sent = sentRequest({
    url: command.url,
    method: command.method ?? (command.isGet ? 'GET' : command.implied),
    headers: command.headers,
    hasCookie: command.hasCookie,
  })
  const missing = [...sent.missing, ...command.missing]
  if (sent.left.length > 0) missing.push(leftOut(sent.left))
  if (others.length > 0) missing.push(`Only the first command is read, of ${others.length + 1}.`)
  return {
    kind: 'curl',
    browser: null,
    says: null,
    status: statusIn(text),
    request: sent.request,
    missing,
  }
}

/** The status line of the answer, where `-v` or `-i` printed one behind the command. */
function statusIn(text: string): number | null {
  for (const before of ['\n< HTTP/', '\nHTTP/']) {
    const at = text.indexOf(before)
    const space = at === -1 ? -1 : text.indexOf(' ', at + before.length)
    if (space !== -1) return statusAt(text, space + 1)
  }
  return null
}

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
  const plain: string[] = []
  const rest = words[Symbol.iterator]()
  for (const word of rest) {
    // What follows belongs to another request.
    if (word === '--next' || word === '-:') break
    if (word.startsWith('--')) {
      const option = longOption(word.slice(2))
      if (option !== null) take(command, option, rest.next().value ?? '')
      else readFlag(command, word.slice(2))
    } else if (word.startsWith('-') && word.length > 1) readShort(command, word, rest)
    else plain.push(word)
  }
  // The value of an option that is unknown here may stand among them.
  const url = plain.find(word => word.includes('://')) ?? plain.find(looksLikeUrl)
  if (url !== undefined) command.url ??= withScheme(url)
  return command
}

/** `-sSX PUT`, `-XPUT`, `-I`. */
function readShort(command: Command, word: string, rest: Iterator<string>): void {
  for (let i = 1; i < word.length; i++) {
    const letter = word.charAt(i)
    const option = shortOption(letter)
    if (option === null) readFlag(command, letter)
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

function take(command: Command, option: CurlOption, value: string): void {
  const { headers } = command
  switch (option) {
    case 'header': {
      const header = headerOf(value)
      if (header !== null) headers.push(header)
      else if (value.startsWith('@')) command.missing.push('It takes headers from a file: they are unknown.')
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
      headers.push(['range', `bytes=${value}`])
      break
    case 'resume':
      headers.push(['range', `bytes=${value}-`])
      break
    case 'condition':
      command.missing.push(
        'It sends a condition (If-Modified-Since, If-None-Match): a script sets it as a header.',
      )
      break
    case 'config':
      command.missing.push('It takes options from a file: they are unknown.')
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

/** The scheme that curl assumes. */
const withScheme = (word: string): string => (word.includes('://') ? word : `http://${word}`)
