/**
 * @module
 * The difference of two texts, line by line, with a little of what stands around it.
 */

import { diffLines } from 'diff'

export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed' | 'gap'
  /** Of a gap: how many lines are left out. */
  readonly text: string
  /** Its number in the new text, of a removed line in the old one; null: a gap. */
  readonly number: number | null
}

/** Lines shown around what differs. */
const CONTEXT = 2
/** Lines shown at most; a rewritten document has more than anybody reads. */
const MAX_LINES = 120
/** Lines that may differ before the search for the shortest difference is given up. */
const MAX_EDITS = 1000

/** @returns null when nearly everything differs */
export function diffOf(before: string, after: string): readonly DiffLine[] | null {
  const parts = diffLines(before, after, { maxEditLength: MAX_EDITS })
  if (parts === undefined) return null
  const lines: DiffLine[] = []
  const at = { old: 1, new: 1 }
  parts.forEach((part, index) => {
    const texts = part.value.replace(/\n$/, '').split('\n')
    if (part.added) for (const text of texts) lines.push({ kind: 'added', text, number: at.new++ })
    else if (part.removed) for (const text of texts) lines.push({ kind: 'removed', text, number: at.old++ })
    else {
      const first = index === 0 ? 0 : CONTEXT
      const last = index === parts.length - 1 ? 0 : CONTEXT
      const same = texts.map((text, i): DiffLine => ({ kind: 'same', text, number: at.new + i }))
      const gap = same.length - first - last
      if (gap > 1)
        lines.push(
          ...same.slice(0, first),
          { kind: 'gap', text: String(gap), number: null },
          ...(last === 0 ? [] : same.slice(-last)),
        )
      else lines.push(...same)
      at.old += texts.length
      at.new += texts.length
    }
  })
  if (lines.length <= MAX_LINES) return lines
  const left = lines.length - MAX_LINES
  return [...lines.slice(0, MAX_LINES), { kind: 'gap', text: String(left), number: null }]
}
