/**
 * @module
 * Reads a body of the bucket as text, within a bound.
 */

export interface BoundedText {
  readonly text: string
  /** True if the body has more bytes than the bound: the text ends somewhere behind it. */
  readonly isCut: boolean
}

/** Returns the text of a body. Stops reading behind `maxBytes`. */
export async function readBounded(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<BoundedText> {
  if (body === null) return { text: '', isCut: false }
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return { text: text + decoder.decode(), isCut: false }
    length += value.length
    text += decoder.decode(value, { stream: true })
    if (length <= maxBytes) continue
    await reader.cancel().catch(() => {})
    return { text, isCut: true }
  }
}
