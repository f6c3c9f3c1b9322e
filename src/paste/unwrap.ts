/**
 * @module
 * Takes a browser's message out of what is around it: JSON logs (Selenium, Sentry), quotes of mail and Markdown, links of
 * Slack and Markdown, HTML entities, and spaces that a translator or an editor put into an address.
 */

/** Strings of a JSON log that are read, and how deep they may stand. */
const MAX_STRINGS = 5000
const MAX_DEPTH = 12

const ENTITIES: Readonly<Record<string, string>> = {
  quot: '"',
  apos: "'",
  amp: '&',
  lt: '<',
  gt: '>',
  nbsp: ' ',
  lsquo: "'",
  rsquo: "'",
  ldquo: '"',
  rdquo: '"',
  laquo: '«',
  raquo: '»',
}

/** Returns the text as a console shows it. */
export function unwrapped(text: string): string {
  return text
    .replace(/^[ \t]{0,3}(?:[>|][ \t]?)+(?=[^\s])/gm, '')
    .replace(/&(#x?[0-9a-f]{1,6}|[a-z]{2,5});/gi, entity)
    .replace(/\\(["'/])/g, '$1')
    .replace(/\\u00([0-7][0-9a-f])/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\[nrt]/g, ' ')
    .replace(/\[([^[\]\n]{0,2048})\]\(([a-z][a-z0-9+.-]{1,30}:\/\/[^()\s]{1,16384})\)/gi, '$2')
    .replace(/<([a-z][a-z0-9+.-]{1,30}:\/\/[^\s<>|]{1,16384})(?:\|[^<>\n]{0,2048})?>/gi, '$1')
    .replace(/\b([a-z][a-z0-9+.-]{1,30}): ?\/ ?\/ ?(?=\S)/gi, '$1://')
}

function entity(all: string, name: string): string {
  if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()] ?? all
  const isHex = /^#x/i.test(name)
  const code = Number.parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10)
  return code > 0 && code <= 0xffff ? String.fromCharCode(code) : all
}

/** Every string of a JSON document, one a line. */
export function stringsOf(value: unknown): string {
  const strings: string[] = []
  const walk = (item: unknown, depth: number): void => {
    if (strings.length >= MAX_STRINGS || depth > MAX_DEPTH) return
    if (typeof item === 'string') strings.push(item)
    else if (typeof item === 'object' && item !== null)
      for (const inner of Object.values(item)) walk(inner, depth + 1)
  }
  walk(value, 0)
  return strings.join('\n')
}
