/**
 * @module
 * The bytes of a stream, read into one buffer that is reused: as many at a time as the reader asks for.
 */

const START_BYTES = 128 * 1024
/** A larger buffer has room for the beginning of what follows. */
const SPARE_BYTES = 4096
const LF = 10

const decoder = new TextDecoder()
const encoder = new TextEncoder()

export class ByteSource {
  readonly #reader: ReadableStreamBYOBReader
  #buffer = new Uint8Array(START_BYTES)
  /** Where the bytes begin and end that have been read, and not taken. */
  #start = 0
  #end = 0

  constructor(stream: ReadableStream) {
    this.#reader = stream.getReader({ mode: 'byob' })
  }

  /** Reads until there are `count` bytes. Returns false if the stream ends before that. */
  async fill(count: number): Promise<boolean> {
    while (this.#end - this.#start < count) {
      this.#makeRoom(count)
      // A read takes the buffer away, and gives it back.
      const view = this.#buffer.subarray(this.#end)
      const { value, done } = await this.#reader.read(view)
      if (value !== undefined) {
        this.#buffer = new Uint8Array(value.buffer)
        this.#end += value.byteLength
      }
      if (done) return false
    }
    return true
  }

  #makeRoom(count: number): void {
    if (this.#start + count <= this.#buffer.length) return
    const held = this.#buffer.subarray(this.#start, this.#end)
    if (count > this.#buffer.length) this.#buffer = new Uint8Array(count + SPARE_BYTES)
    this.#buffer.set(held)
    this.#end -= this.#start
    this.#start = 0
  }

  /** Returns the offset behind the line that begins at an offset, or null if it has more than `max` bytes or no end. */
  async lineEnd(from: number, max: number): Promise<number | null> {
    for (let at = from; at < from + max; at++) {
      if (!(await this.#has(at + 1))) return null
      if (this.#buffer[this.#start + at] === LF) return at + 1
    }
    return null
  }

  /** Does not wait where the bytes are there. */
  #has(count: number): boolean | Promise<boolean> {
    return this.#end - this.#start >= count || this.fill(count)
  }

  bytes(from: number, to: number): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(this.#start + from, this.#start + to)
  }

  text(from: number, to: number): string {
    return decoder.decode(this.bytes(from, to))
  }

  /** Replaces bytes by an ASCII text. */
  write(at: number, text: string): void {
    encoder.encodeInto(text, this.bytes(at, at + text.length))
  }

  /** Takes the first bytes. They stay valid until the next read. */
  take(count: number): Uint8Array<ArrayBuffer> {
    const taken = this.bytes(0, count)
    this.#start += count
    if (this.#start === this.#end) {
      this.#start = 0
      this.#end = 0
    }
    return taken
  }

  /** Lets go of the stream, so that somebody else can look at it. */
  release(): void {
    this.#reader.releaseLock()
  }
}
