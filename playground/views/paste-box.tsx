/**
 * @module
 * The box that takes what a person has: a console error, a curl command, a fetch call, a HAR.
 */

import { useRef, useState } from 'preact/hooks'
import { type Paste, readPaste, type Unreadable } from '../../src/paste/read.ts'
import { requestFrom } from '../from-paste.ts'
import type { State } from '../state.ts'

const KINDS: Readonly<Record<Paste['kind'], string>> = {
  'console-error': 'console error',
  curl: 'curl command',
  fetch: 'fetch call',
  har: 'HAR',
  command: 'command',
}

/** A longer text, such as a HAR, is read but not shown. In characters. */
const MAX_SHOWN = 20_000

export function PasteBox({ onRequest }: { onRequest: (request: Partial<State>) => void }) {
  const [read, setRead] = useState<Paste | Unreadable | null>(null)
  const area = useRef<HTMLTextAreaElement>(null)
  const take = (text: string) => {
    if (text.trim() === '') return setRead(null)
    const paste = readPaste(text)
    setRead(paste)
    const request = 'problem' in paste ? null : requestFrom(paste)
    if (request !== null) onRequest(request)
  }
  const takePasted = (event: ClipboardEvent) => {
    const text = event.clipboardData?.getData('text') ?? ''
    if (text.length <= MAX_SHOWN || area.current === null) return
    event.preventDefault()
    area.current.value = `${text.slice(0, 500)}…`
    take(text)
  }
  const clear = () => {
    setRead(null)
    if (area.current === null) return
    area.current.value = ''
    area.current.focus()
  }
  return (
    <div class="paste">
      <label for="paste">Paste what you have</label>
      <textarea
        ref={area}
        id="paste"
        rows={2}
        placeholder="The red line of the console, a curl command, a fetch call, a HAR"
        aria-describedby="paste-read"
        spellcheck={false}
        autocomplete="off"
        onPaste={takePasted}
        onInput={({ currentTarget }) => take(currentTarget.value)}
      />
      <div id="paste-read" role="status">
        {read !== null && <WhatWasRead read={read} onClear={clear} />}
      </div>
    </div>
  )
}

function WhatWasRead({ read, onClear }: { read: Paste | Unreadable; onClear: () => void }) {
  const button = (
    <button type="button" class="quiet" onClick={onClear}>
      Clear
    </button>
  )
  if ('problem' in read)
    return (
      <p class="note bad">
        {read.problem} {button}
      </p>
    )
  const { kind, browser, says, missing } = read
  return (
    <>
      <p class="note">
        Read as a {KINDS[kind]}
        {browser !== null && ` of ${browser}`}
        {requestFrom(read) === null ? '.' : '; the request below is filled in.'}
        {says !== null && (
          <>
            {' '}
            What it means: <code>docs/troubleshooting.md#{says}</code>
          </>
        )}{' '}
        {button}
      </p>
      {missing.length > 0 && (
        <ul class="missing">
          {missing.map(sentence => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
    </>
  )
}
