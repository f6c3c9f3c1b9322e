/**
 * @module
 * Decodes a log or pasted text: UTF-8, or UTF-16 as PowerShell writes it.
 */

import { codeOf, UserError } from '../user-error.ts'
import { whyUnreadable } from './files.ts'

/** Bytes needed to recognise an encoding or a binary format. */
const START = 4
const SIGNATURES: readonly (readonly [start: readonly number[], format: string])[] = [
  [[0x1f, 0x8b], 'gzip'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
  [[0x50, 0x4b, 0x03, 0x04], 'zip'],
]

/**
 * Decodes chunks of bytes, split at any position.
 *
 * @param name the name of the input, for errors
 * @throws {UserError} if the input cannot be read or is not text
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
  if (format !== undefined)
    throw new UserError(`${name}: this is a ${format} file, not text. Unpack it first.`)
  if (start.includes(0))
    throw new UserError(
      `${name}: this is not UTF-8 text, nor UTF-16 text with a byte order mark. Check that this is the right file.`,
    )
  return new TextDecoder()
}
