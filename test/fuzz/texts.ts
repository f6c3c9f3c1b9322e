/**
 * @module
 * Hostile texts of a language: seeds with whole pieces of them dropped, repeated, moved or replaced, words of the
 * language in any order, and bytes at random.
 */

import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'

const FIXTURES = new URL('../fixtures/fuzz/', import.meta.url)

/** What a reader reads. */
export interface Language {
  readonly seeds: readonly string[]
  /** Global; each matches every part of a text that is edited as a whole: elements or fields; then tags or tokens. */
  readonly pieces: readonly RegExp[]
  /** What a reader of this language could trip over. */
  readonly words: readonly string[]
}

/** The seeds and found cases of a reader: the files of its folder, each without its final line end. */
export const fixtures = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(new URL(`${folder}/`, FIXTURES))
      .sort()
      .map(name => [name, readFileSync(new URL(`${folder}/${name}`, FIXTURES), 'utf8').replace(/\n$/, '')]),
  )

/** Longer than every bound of the readers: what would grow beyond it is not repeated. In characters. */
const MAX_LENGTH = 160_000

interface Edit {
  readonly kind: 'drop' | 'repeat' | 'move' | 'insert' | 'replace' | 'splice' | 'character' | 'case' | 'cut'
  readonly at: number
  readonly count: number
  readonly to: number
  readonly times: number
  readonly word: string
  readonly other: readonly string[]
}

const lengthOf = (pieces: readonly string[]): number => pieces.reduce((sum, piece) => sum + piece.length, 0)
const otherCase = (text: string): string =>
  text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase()

function edited(pieces: readonly string[], edit: Edit): readonly string[] {
  const at = edit.at % (pieces.length + 1)
  const span = pieces.slice(at, at + edit.count)
  const piece = pieces[at] ?? ''
  const inPiece = piece === '' ? 0 : edit.to % piece.length
  switch (edit.kind) {
    case 'drop':
      return pieces.toSpliced(at, edit.count)
    case 'repeat':
      if (lengthOf(span) * edit.times > MAX_LENGTH) return pieces
      return pieces.toSpliced(at, 0, span.join('').repeat(edit.times))
    case 'move': {
      const rest = pieces.toSpliced(at, edit.count)
      return rest.toSpliced(edit.to % (rest.length + 1), 0, ...span)
    }
    case 'insert':
      return pieces.toSpliced(at, 0, edit.word)
    case 'replace':
      return pieces.toSpliced(at, 1, edit.word)
    case 'splice':
      return pieces.toSpliced(at, edit.count, ...edit.other.slice(edit.to, edit.to + edit.count))
    case 'character':
      return pieces.toSpliced(
        at,
        1,
        piece.slice(0, inPiece) + edit.word.slice(0, 1) + piece.slice(inPiece + 1),
      )
    case 'case':
      return pieces.toSpliced(at, 1, otherCase(piece))
    case 'cut':
      return pieces.slice(0, at)
  }
}

/** Seeds with one to three edits: most of them are still nearly what the reader reads. */
export function nearly({ seeds, pieces, words }: Language): fc.Arbitrary<string> {
  const seed = fc
    .tuple(fc.constantFrom(...seeds), fc.constantFrom(...pieces))
    .map(([text, piece]) => text.match(piece) ?? [text])
  const edit: fc.Arbitrary<Edit> = fc.record({
    kind: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('drop', 'repeat', 'move') },
      { weight: 2, arbitrary: fc.constantFrom('insert', 'replace', 'splice') },
      { weight: 1, arbitrary: fc.constantFrom('character', 'case', 'cut') },
    ),
    at: fc.nat(400),
    count: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 4 }), fc.nat(60)),
    to: fc.nat(400),
    times: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 1, max: 3 }) }, fc.constantFrom(16, 101, 3000)),
    word: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words) }, units(3)),
    other: seed,
  })
  return fc
    .tuple(seed, fc.array(edit, { minLength: 1, maxLength: 3 }))
    .map(([text, edits]) => edits.reduce(edited, text).join('').slice(0, MAX_LENGTH))
}

/** UTF-16 at random, unpaired surrogates among it; most of it is ASCII. */
const units = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof({ weight: 3, arbitrary: fc.nat(0x7f) }, fc.nat(0xff), fc.nat(0xffff)), { maxLength })
    .map(codes => String.fromCharCode(...codes))

const bytes = fc.uint8Array({ maxLength: 400 }).map(all => new TextDecoder().decode(all))

/** Texts of all kinds. */
export const hostile = (language: Language): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 10, arbitrary: nearly(language) },
    {
      weight: 2,
      arbitrary: fc.array(fc.constantFrom(...language.words), { maxLength: 40 }).map(w => w.join('')),
    },
    { weight: 1, arbitrary: bytes },
    { weight: 1, arbitrary: units(400) },
  )

/** A few pieces again and again, to about a length: what a scan that goes back over its text would take long for. */
export const repetitive = ({ words }: Language, length: number): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.array(fc.constantFrom(...words), { maxLength: 2 }),
      fc.array(fc.constantFrom(...words.filter(word => word !== '')), { minLength: 1, maxLength: 3 }),
    )
    .map(([before, again]) => {
      const unit = again.join('')
      return before.join('') + unit.repeat(Math.max(1, Math.floor(length / unit.length)))
    })
