/**
 * @module
 * Replaces, in the built Worker, the packages that fast-xml-parser loads but never runs here: wrangler.toml, `[alias]`.
 */

// xml-guard.ts refuses a document type, xml-references.ts decodes references, values stay text, and no option needs the
// path of an element. The packages for these features are a fifth of the whole Worker.

const never = (): never => {
  throw new Error('This part of fast-xml-parser is left out of the Worker.')
}

// is-unsafe and xml-naming: the entities and names of a document type.
export { never as createValidator, never as isUnsafe, never as qName }
export const HTML: readonly never[] = []
// @nodable/entities, which also has a table named XML: xml.ts passes its own decoder.
export const XML = {}
export const COMMON_HTML = {}
export const CURRENCY = {}
export const ENTITY_ACTION = {}
export { never as EntityDecoder }
// strnum: texts that look like numbers.
export default never

// path-expression-matcher: called for every element; no option of ours uses the result.
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
