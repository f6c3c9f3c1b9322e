/**
 * @module
 * A text area with line numbers, and marks where something was found. It draws no more lines than can be seen.
 */

import type { RefObject } from 'preact'
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Finding, Severity } from '../../src/cors/findings.ts'
import { MAX_DOCUMENT_CHARACTERS } from '../state.ts'

/** As in playground.css. In pixels. */
const LINE_HEIGHT = 20
const PADDING = 10

export interface EditorProps {
  readonly id: string
  readonly label: string
  readonly value: string
  readonly findings: readonly Finding[]
  readonly area: RefObject<HTMLTextAreaElement | null>
  readonly onInput: (text: string) => void
}

export function Editor({ id, label, value, findings, area, onInput }: EditorProps) {
  const [scrolled, setScrolled] = useState({ top: 0, height: 0 })
  const marks = useMemo(() => marksOf(findings), [findings])
  const lines = useMemo(() => countLines(value), [value])

  // The area keeps its own text while a person writes: only what comes from elsewhere is put in.
  const typed = useRef<string | null>(null)
  useLayoutEffect(() => {
    const { current } = area
    if (current === null || typed.current === value) return
    typed.current = value
    current.value = value
  }, [value, area])

  const look = () => {
    const { scrollTop: top = 0, clientHeight: height = 0 } = area.current ?? {}
    setScrolled(last => (last.top === top && last.height === height ? last : { top, height }))
  }
  useLayoutEffect(() => {
    const { current } = area
    if (current === null) return
    const observer = new ResizeObserver(look)
    observer.observe(current)
    return () => observer.disconnect()
  }, [area])

  const take = (text: string) => {
    look()
    typed.current = text.slice(0, MAX_DOCUMENT_CHARACTERS)
    onInput(typed.current)
  }
  const first = Math.max(0, Math.floor((scrolled.top - PADDING) / LINE_HEIGHT))
  const last = Math.min(lines, Math.ceil((scrolled.top + scrolled.height) / LINE_HEIGHT) + 1)
  const offset = PADDING + first * LINE_HEIGHT - scrolled.top
  const hasErrors = findings.some(({ severity }) => severity === 'error')
  return (
    <div class="editor">
      <div class="gutter" aria-hidden="true">
        <div class="lines" style={{ transform: `translateY(${offset}px)` }}>
          {range(first, last).map(index => (
            <span key={index} class={marks.get(index + 1) ?? ''}>
              {index + 1}
            </span>
          ))}
        </div>
      </div>
      <textarea
        ref={area}
        id={id}
        aria-label={label}
        aria-describedby={`${id}-findings`}
        aria-invalid={hasErrors}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        wrap="off"
        onInput={({ currentTarget }) => take(currentTarget.value)}
        onScroll={look}
      />
    </div>
  )
}

/** Puts the caret on a line, counted from 1, selects it and brings it into view. */
export function goToLine(area: HTMLTextAreaElement | null, line: number): void {
  if (area === null) return
  const start = startOfLine(area.value, line)
  const end = area.value.indexOf('\n', start)
  area.focus({ preventScroll: true })
  area.setSelectionRange(start, end === -1 ? area.value.length : end)
  area.scrollTop = PADDING + (line - 1) * LINE_HEIGHT - area.clientHeight / 3
  area.scrollLeft = 0
  area.closest('section')?.scrollIntoView({ block: 'nearest' })
}

function startOfLine(text: string, line: number): number {
  let at = 0
  for (let passed = 1; passed < line; passed++) {
    const next = text.indexOf('\n', at)
    if (next === -1) return at
    at = next + 1
  }
  return at
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)

/** The worst that was found on each line. */
function marksOf(findings: readonly Finding[]): ReadonlyMap<number, Severity> {
  const marks = new Map<number, Severity>()
  for (const { line, severity } of findings)
    if (line !== undefined && marks.get(line) !== 'error') marks.set(line, severity)
  return marks
}

function countLines(text: string): number {
  let lines = 1
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++
  return lines
}
