/**
 * @module
 * The messages of a text, each with what follows it up to the next.
 */

import { FRAMES, type MessageBrowser } from './wordings.ts'

/** One message out of a paste. */
export interface Message {
  /** Whose words frame it; null: no known frame. */
  readonly browser: MessageBrowser | null
  readonly text: string
}

export const CANNOT_LOAD = ' cannot load '
/** What Chrome's words begin with; they stand before the frame, with the URL and the origin. */
const CHROME_STARTS = ['Access to ', 'Redirect at ', 'Redirect from ', ' from origin ']

/** Splits a flat text into its messages. */
export function messagesOf(text: string): readonly Message[] {
  const frames = FRAMES.flatMap(frame => positionsOf(text, frame.text).map(at => ({ ...frame, at })))
  if (frames.length === 0) return safariMessages(text)
  frames.sort((a, b) => a.at - b.at)
  let searched = 0
  const starts = frames.map(({ browser, text: words, at }, i) => {
    const from = browser === 'Chrome' ? startOf(text, searched, at, i === 0) : at
    searched = at + words.length
    return { browser, from }
  })
  return starts.map(({ browser, from }, i) => ({ browser, text: text.slice(from, starts[i + 1]?.from) }))
}

/** Of a text that begins within a message, the whole beginning belongs to it. */
function startOf(text: string, from: number, to: number, isFirst: boolean): number {
  const before = text.slice(from, to)
  for (const start of CHROME_STARTS) {
    const at = before.lastIndexOf(start)
    if (at === -1) continue
    return start === ' from origin ' ? (isFirst ? 0 : from) : from + at
  }
  // "Failed to load …: …" of older Chromes, or a row of the network panel.
  return isFirst ? 0 : to
}

/** Without a known frame. Safari prints the reason, then the URL: each message ends where the next URL is named. */
function safariMessages(text: string): readonly Message[] {
  const urls = positionsOf(text, CANNOT_LOAD)
  if (urls.length === 0) return [{ browser: null, text }]
  return urls.map((at, i) => ({ browser: null, text: text.slice(i === 0 ? 0 : at, urls[i + 1]) }))
}

function positionsOf(text: string, piece: string): number[] {
  const positions: number[] = []
  for (let at = text.indexOf(piece); at !== -1; at = text.indexOf(piece, at + piece.length))
    positions.push(at)
  return positions
}
