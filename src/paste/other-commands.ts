/**
 * @module
 * Commands of other clients: PowerShell as Chrome and Edge copy it, HTTPie and wget as people type them.
 */

import type { Paste, Unreadable } from './paste.ts'
import { type Header, leftOut, sentRequest } from './sent-headers.ts'
import { SEPARATOR, type Word, wordsOf } from './words.ts'

interface OtherCommand {
  url: string | null
  method: string | null
  implied: 'GET' | 'POST'
  hasCookie: boolean
  readonly headers: Header[]
}

const empty = (): OtherCommand => ({ url: null, method: null, implied: 'GET', hasCookie: false, headers: [] })

const isPowerShell = (text: string): boolean =>
  /\b(Invoke-WebRequest|Invoke-RestMethod|iwr|irm)\s/i.test(text)
const PROGRAMS = ['http', 'https', 'xh', 'xhs', 'wget'] as const
type Program = (typeof PROGRAMS)[number]
const PROMPTS = new Set(['$', '%', '#', '>'])

/** Returns the request of a command of PowerShell, HTTPie or wget, or null if the text has no such command. */
export function readOtherCommand(text: string): Paste | Unreadable | null {
  if (isPowerShell(text)) return pasteOf('PowerShell', readPowerShell(text))
  const words = wordsOf(text)
  const command = commandOf(words)
  if (command === null) return null
  const [program, args] = command
  return program === 'wget' ? pasteOf('wget', readWget(args)) : pasteOf('HTTPie', readHttpie(args, program))
}

/** The program at the beginning of a line, and its words. */
function commandOf(words: readonly Word[]): [Program, string[]] | null {
  let isStart = true
  for (const [i, word] of words.entries()) {
    if (word === SEPARATOR) isStart = true
    else if (isStart && PROMPTS.has(word)) isStart = true
    else {
      const program = isStart ? PROGRAMS.find(name => name === word) : undefined
      isStart = false
      if (program === undefined) continue
      const rest = words.slice(i + 1)
      const end = rest.indexOf(SEPARATOR)
      const args = (end === -1 ? rest : rest.slice(0, end)) as string[]
      if (args.length > 0) return [program, args]
    }
  }
  return null
}

function pasteOf(name: string, command: OtherCommand): Paste | Unreadable {
  if (command.url === null) return { problem: `The ${name} command names no URL.` }
  const sent = sentRequest({
    url: command.url,
    method: command.method ?? command.implied,
    headers: command.headers,
    hasCookie: command.hasCookie,
  })
  const missing = [...sent.missing]
  if (sent.left.length > 0) missing.push(leftOut(sent.left))
  return { kind: 'command', browser: null, says: null, status: null, request: sent.request, missing }
}

/** Options of `Invoke-WebRequest`, in any case. Backticks continue lines and escape quotes. */
function readPowerShell(text: string): OtherCommand {
  const command = empty()
  const from = text.search(/\b(Invoke-WebRequest|Invoke-RestMethod|iwr|irm)\s/i)
  const call = text.slice(from)
  command.url =
    optionValue(call, 'Uri') ?? /\s["']?(https?:\/\/[^\s"'`]+)/i.exec(call.slice(0, 8192))?.[1] ?? null
  command.method = optionValue(call, 'Method')
  const type = optionValue(call, 'ContentType')
  if (type !== null) command.headers.push(['content-type', type])
  const table = /-Headers\s+@\{/i.exec(call)
  if (table !== null) {
    const rest = call.slice(table.index + table[0].length)
    // One `"name"="value"` after another, up to the brace outside of quotes.
    const pair =
      /(?:\s*;)?\s*(?:(["'])([^"'`]{1,256})\1|([\w-]{1,256}))\s*=\s*("(?:[^"`]|`[\s\S]|"")*"|'[^']*')/y
    for (let match = pair.exec(rest); match !== null; match = pair.exec(rest))
      command.headers.push([match[2] ?? match[3] ?? '', unquoted(match[4] ?? '')])
  }
  if (/\.Cookies\.Add\(/i.test(text)) command.hasCookie = true
  return command
}

/** The value of `-Name value`, with or without quotes. */
function optionValue(call: string, name: string): string | null {
  const match = new Map([
    ['Uri', /-Uri\s+("(?:[^"`]|`[\s\S])*"|'[^']*'|[^\s`]+)/i],
    ['Method', /-Method\s+("[^"]*"|'[^']*'|\w+)/i],
    ['ContentType', /-ContentType\s+("(?:[^"`]|`[\s\S])*"|'[^']*'|\S+)/i],
  ])
    .get(name)
    ?.exec(call)
  return match?.[1] === undefined ? null : unquoted(match[1])
}

/** PowerShell's own quotes: a backtick escapes a character. */
const unquoted = (text: string): string =>
  text.startsWith('"')
    ? text
        .slice(1, -1)
        .replace(/`([\s\S])/g, '$1')
        .replaceAll('""', '"')
    : text.replace(/^'|'$/g, '')

/** HTTPie: `[METHOD] URL [Header:value] [field=value]`. */
function readHttpie(args: readonly string[], program: Program): OtherCommand {
  const command = empty()
  const words = args.filter(word => !word.startsWith('-'))
  const [first = ''] = words
  if (/^[A-Za-z]+$/.test(first) && words.length > 1 && first !== 'localhost')
    command.method = words.shift()?.toUpperCase() ?? null
  const url = words.shift()
  if (url === undefined) return command
  command.url = url.includes('://')
    ? url
    : `${program.endsWith('s') ? 'https' : 'http'}://${url.replace(/^:\/?/, 'localhost/')}`
  const isForm = args.includes('-f') || args.includes('--form')
  for (const item of words) {
    const separator = /^([^:=@]+?)(:=|==|:|=|@)([\s\S]*)$/.exec(item)
    if (separator === null) continue
    const [, name = '', kind, value = ''] = separator
    if (kind === ':') command.headers.push([name, value])
    else if (kind !== '==') command.implied = 'POST'
  }
  const hasType = command.headers.some(([name]) => name.toLowerCase() === 'content-type')
  if (command.implied === 'POST' && !isForm && !hasType)
    command.headers.push(['content-type', 'application/json'])
  if (args.some(word => word === '-a' || word === '--auth' || word.startsWith('--auth=')))
    command.headers.push(['authorization', ''])
  return command
}

/** wget: `--header`, `--method`, `--post-data`. */
function readWget(args: readonly string[]): OtherCommand {
  const command = empty()
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? ''
    const [name = '', ...values] = word.split('=')
    const value = (): string => (values.length > 0 ? values.join('=') : (args[++i] ?? ''))
    if (name === '--header') {
      const header = value()
      const colon = header.indexOf(':')
      if (colon > 0) command.headers.push([header.slice(0, colon), header.slice(colon + 1).trim()])
    } else if (name === '--method') command.method = value()
    else if (name === '--referer') command.headers.push(['referer', value()])
    else if (/^--(post|body)-(data|file)$/.test(name)) {
      value()
      command.implied = 'POST'
    } else if (word === '-O' || word === '-o' || word === '-U') i++
    else if (!word.startsWith('-')) command.url ??= word.includes('://') ? word : `http://${word}`
  }
  return command
}
