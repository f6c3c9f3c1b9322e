/**
 * @module
 * The box that takes what a person has: a console error, a curl command, a fetch call, a HAR.
 */

import { useRef, useState } from 'preact/hooks'
import type { PreflightCost } from '../../src/paste/preflights.ts'
import { MAX_HAR, type Paste, readPaste, type Unreadable } from '../../src/paste/read.ts'
import { preflightsIn, requestFrom } from '../from-paste.ts'
import type { State } from '../state.ts'
import { Preflights } from './preflights.tsx'

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
  const [cost, setCost] = useState<PreflightCost | null>(null)
  const area = useRef<HTMLTextAreaElement>(null)
  const take = (text: string) => {
    setCost(null)
    if (text.trim() === '') return setRead(null)
    const paste = readPaste(text)
    setRead(paste)
    if (text.length <= MAX_HAR) setCost(preflightsIn(text))
    const request = 'problem' in paste ? null : requestFrom(paste)
    if (request !== null) onRequest(request)
  }
  const takePasted = (event: ClipboardEvent) => {
    const text = event.clipboardData?.getData('text') ?? ''
    if (text.length <= MAX_SHOWN || area.current === null) return
    event.preventDefault()
    show(text)
  }
  const show = (text: string) => {
    if (area.current !== null) area.current.value = text.length <= MAX_SHOWN ? text : `${text.slice(0, 500)}…`
    take(text)
  }
  const takeDropped = async (event: DragEvent) => {
    const file = event.dataTransfer?.files[0]
    // A dropped text is the text area's own business.
    if (file === undefined) return
    event.preventDefault()
    // A UTF-16 code unit takes three bytes in UTF-8 at most, so a larger file is too long as a text.
    if (file.size > 3 * MAX_HAR) return refuse('The file is too long: a HAR may have 16 MiB.')
    await file.text().then(show, () => refuse('The browser cannot read this file.'))
  }
  const refuse = (problem: string) => {
    setCost(null)
    setRead({ problem })
  }
  const clear = () => {
    setRead(null)
    setCost(null)
    if (area.current === null) return
    area.current.value = ''
    area.current.focus()
  }
  return (
    <div class="paste">
      <label for="paste">Paste what you have, or drop a HAR</label>
      <textarea
        ref={area}
        id="paste"
        rows={2}
        placeholder="The red line of the console, a curl command, a fetch call, a HAR"
        aria-describedby="paste-read"
        spellcheck={false}
        autocomplete="off"
        onPaste={takePasted}
        onDragOver={event => {
          // Without this a browser opens the file in place of the page.
          if (event.dataTransfer?.types.includes('Files')) event.preventDefault()
        }}
        onDrop={takeDropped}
        onInput={({ currentTarget }) => take(currentTarget.value)}
      />
      <div id="paste-read" role="status">
        {read !== null && <WhatWasRead read={read} onClear={clear} />}
      </div>
      {cost !== null && <Preflights cost={cost} />}
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
