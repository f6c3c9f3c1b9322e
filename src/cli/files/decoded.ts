/**
 * @module
 * The text of what a person has at hand, a log or something pasted: in UTF-8, or in UTF-16 as PowerShell writes it.
 */

import { codeOf, UserError } from '../user-error.ts'
import { whyUnreadable } from './files.ts'

/** Bytes that tell an encoding, or a format that is no text. */
const START = 4
const SIGNATURES: readonly (readonly [start: readonly number[], format: string])[] = [
  [[0x1f, 0x8b], 'gzip'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
  [[0x50, 0x4b, 0x03, 0x04], 'zip'],
]

/**
 * Decodes pieces of bytes, cut anywhere.
 *
 * @param name as the person knows it
 * @throws {Trouble} when it can't be read, or is no text
 */
export async function* decoded(pieces: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<string> {
  let decoder: TextDecoder | null = null
  let held: Uint8Array = new Uint8Array()
  try {
    for await (const piece of pieces) {
      held = held.length === 0 ? piece : Buffer.concat([held, piece])
      if (decoder === null && held.length < START) continue
      decoder ??= decoderFor(held, name)
      yield decoder.decode(held, { stream: true })
      held = new Uint8Array()
    }
  } catch (error) {
    throw error instanceof UserError ? error : new UserError(`${name}: ${whyUnreadable(codeOf(error))}`)
  }
  decoder ??= decoderFor(held, name)
  yield decoder.decode(held)
}

function decoderFor(start: Uint8Array, name: string): TextDecoder {
  const begins = (bytes: readonly number[]) => bytes.every((byte, i) => start[i] === byte)
  if (begins([0xff, 0xfe])) return new TextDecoder('utf-16le')
  if (begins([0xfe, 0xff])) return new TextDecoder('utf-16be')
  const format = SIGNATURES.find(([bytes]) => begins(bytes))?.[1]
  if (format !== undefined) throw new UserError(`${name}: this is ${format}, and no text. Unpack it first.`)
  if (start.includes(0))
    throw new UserError(
      `${name}: this is no text in UTF-8, or in UTF-16 with a byte order mark. Is it the right file?`,
    )
  return new TextDecoder()
}
