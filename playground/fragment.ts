/**
 * @module
 * The page's state in the URL's fragment, which no browser sends to any server: compressed, or, for links that people
 * and other pages write, as plain fields: `#origin=https://app.example&method=PUT&headers=x-a`.
 */

import { type State, stateFrom } from './state.ts'

/** Characters of a fragment that is read or written: two documents of 64 KB that hardly compress. */
export const MAX_FRAGMENT = 200_000
/** Characters that a fragment may decompress to: a small one can hold gigabytes. */
const MAX_TEXT = 1_000_000

/** The fields that a plain link may have. */
const PLAIN: ReadonlySet<string> = new Set([
  'rules',
  'before',
  'guardrail',
  'url',
  'origin',
  'method',
  'headers',
  'dialect',
  'unmatched',
  'client',
  'tab',
])
const PLAIN_FLAGS = ['credentials', 'actual'] as const

/**
 * The fragment of a state, with its `#`.
 *
 * @returns null when it would be over `MAX_FRAGMENT`
 */
export async function writeFragment(state: State): Promise<string | null> {
  const bytes = new TextEncoder().encode(JSON.stringify(state))
  const fragment = canCompress()
    ? `#z=${toBase64Url(await collect(through(bytes, new CompressionStream('deflate-raw'))))}`
    : `#j=${toBase64Url(bytes)}`
  return fragment.length > MAX_FRAGMENT ? null : fragment
}

/** What a fragment holds: a state; `none`: it holds nothing; or one sentence on why it can't be read. */
export async function readFragment(fragment: string): Promise<State | 'none' | { readonly problem: string }> {
  const text = fragment.replace(/^#/, '')
  if (text === '') return 'none'
  if (text.length > MAX_FRAGMENT) return problem('it is too long')
  const fields = new URLSearchParams(text)
  const compressed = fields.get('z')
  const encoded = fields.get('j')
  try {
    if (compressed === null && encoded === null) return readPlain(fields)
    if (compressed !== null && !canCompress()) return problem('this browser cannot decompress')
    const bytes = fromBase64Url(compressed ?? encoded ?? '')
    const json =
      compressed === null ? bytes : await collect(through(bytes, new DecompressionStream('deflate-raw')))
    const state = stateFrom(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json)))
    return state ?? problem('one of its fields has an unknown value')
  } catch (error) {
    return problem(error instanceof TooLarge ? 'it holds too much' : 'it was cut or changed on its way')
  }
}

function readPlain(fields: URLSearchParams): State | 'none' | { readonly problem: string } {
  const known = [...fields].filter(([name]) => PLAIN.has(name))
  const flags = PLAIN_FLAGS.filter(name => fields.has(name)).map(name => [name, true] as const)
  if (known.length + flags.length === 0) return problem('it has no field of this page')
  return (
    stateFrom(Object.fromEntries([...known, ...flags])) ?? problem('one of its fields has an unknown value')
  )
}

const problem = (why: string) => ({ problem: `The link's state could not be read: ${why}.` })

class TooLarge extends Error {}

const canCompress = (): boolean => typeof CompressionStream === 'function'

function through(
  bytes: Uint8Array<ArrayBuffer>,
  transform: CompressionStream | DecompressionStream,
): ReadableStream<Uint8Array> {
  return new Blob([bytes]).stream().pipeThrough(transform as ReadableWritablePair<Uint8Array, BufferSource>)
}

/** All bytes of a stream; rejects as soon as they are too many. */
async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = stream.getReader()
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.length
    if (length > MAX_TEXT) {
      await reader.cancel()
      throw new TooLarge()
    }
    chunks.push(next.value)
  }
  const all = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}

/** RFC 4648, section 5, without padding. */
function toBase64Url(bytes: Uint8Array): string {
  let binary = ''
  // In parts: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192)
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

const fromBase64Url = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0))
