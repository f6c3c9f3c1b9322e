/**
 * @module
 * Stands in the built Worker in place of what fast-xml-parser loads and never runs here: wrangler.toml, `[alias]`.
 */

// A document type is refused before the parser sees it, references are decoded by xml-references.ts, values stay
// text, and no option asks for the path of an element. The packages for that are a fifth of the whole Worker.

const never = (): never => {
  throw new Error('This part of fast-xml-parser is left out of the Worker.')
}

// is-unsafe and xml-naming: the entities and names of a document type.
export { never as createValidator, never as isUnsafe, never as qName }
export const HTML: readonly never[] = []
// @nodable/entities, where XML is a table too: xml.ts hands in a decoder of its own.
export const XML = {}
export const COMMON_HTML = {}
export const CURRENCY = {}
export const ENTITY_ACTION = {}
export { never as EntityDecoder }
// strnum: texts that look like numbers.
export default never

// path-expression-matcher: called for every element, and asked by none of our options.
export class Matcher {
  readOnly(): this {
    return this
  }
  reset(): void {}
  push(): void {}
  pop(): void {}
  updateCurrent(): void {}
  getCurrentTag(): void {}
}
export class ExpressionSet {
  readonly size = 0
  seal(): void {}
}
export { never as Expression }
