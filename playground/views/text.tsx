/**
 * @module
 * Small pieces of text that several parts of the page use.
 */

import { useEffect, useState } from 'preact/hooks'

/** A sentence of the engine: what stands in backticks is code. */
export function Sentence({ text }: { text: string }) {
  // Odd parts stand between backticks.
  return <>{text.split('`').map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>
}

/** Silence after which a change is announced: nobody wants to hear each keystroke's outcome. In milliseconds. */
const QUIET_MS = 900

/** Announces to a screen reader what the eye sees, once the person pauses. */
export function Announcer({ text }: { text: string }) {
  const [announced, setAnnounced] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setAnnounced(text), QUIET_MS)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <p class="unseen" role="status">
      {announced}
    </p>
  )
}

export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`

/** `7200` as `2 h`. */
export function duration(seconds: number): string {
  for (const [unit, name] of [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
  ] as const)
    if (seconds >= unit && seconds % unit === 0) return `${seconds / unit} ${name}`
  return `${seconds} s`
}
