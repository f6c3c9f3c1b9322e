/**
 * @module
 * References in XML text: the five predefined entities and characters by number (XML 1.0, 4.1 and 4.6), no others.
 */

const PREDEFINED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])
const REFERENCE = /&([^;&]{0,12});|&/g

/** Returns the index of the first `&` in `text` that is not part of a valid reference, or -1. */
export function badReference(text: string): number {
  for (const match of text.matchAll(REFERENCE)) {
    if (characterOf(match[1]) === undefined) return match.index
  }
  return -1
}

/** Decodes the references in `text` once. For text in which `badReference` finds nothing. */
export const decodeReferences = (text: string): string =>
  text.replace(REFERENCE, (whole, reference?: string) => characterOf(reference) ?? whole)

/** Escapes `text` for use inside an element. */
export const encodeReferences = (text: string): string => text.replace(/[&<>"']/g, c => NAMES.get(c) ?? c)

const NAMES: ReadonlyMap<string, string> = new Map([...PREDEFINED].map(([name, c]) => [c, `&${name};`]))

function characterOf(reference: string | undefined): string | undefined {
  if (reference === undefined) return undefined
  const [, hexadecimal, decimal] = /^#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,8}))$/.exec(reference) ?? []
  if (hexadecimal) return character(Number.parseInt(hexadecimal, 16))
  if (decimal) return character(Number(decimal))
  return PREDEFINED.get(reference)
}

/** Returns the character with this code point if XML allows it (XML 1.0, 2.2). */
function character(code: number): string | undefined {
  const allowed =
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  return allowed ? String.fromCodePoint(code) : undefined
}
