import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { MESSAGE_IDS, readPaste } from '../../../src/paste/read.ts'
import { WORDINGS } from '../../../src/paste/wordings.ts'

const document = readFileSync('docs/troubleshooting.md', 'utf8')
const [messages = ''] = document.slice(document.indexOf('\n## The messages\n')).split('\n## Without')
const sections = messages.split('\n### ').slice(1)
const idOf = (section: string): string => section.slice(0, section.indexOf('\n'))
const quoted = sections.flatMap(section =>
  [...section.matchAll(/^- (Chrome|Firefox|Safari|Edge Legacy|the script|the answer): “(.*)”$/gm)].map(
    ([, browser = '', text = '']) => ({
      says: idOf(section),
      browser,
      text,
    }),
  ),
)

describe('docs/troubleshooting.md', () => {
  test('has a section for each message, and no other', () => {
    expect(sections.map(idOf).sort()).toEqual([...MESSAGE_IDS].sort())
  })

  test.each(quoted)('quotes under $says what $browser says: $text', ({ says, browser, text }) => {
    expect(readPaste(text)).toMatchObject({ says, browser: browser.startsWith('the ') ? null : browser })
  })

  test('quotes every browser that has words for a message', () => {
    const pairs = (list: readonly { says: string; browser: string | null }[]) =>
      [...new Set(list.map(({ says, browser }) => `${says} ${browser}`))].sort()
    expect(pairs(quoted)).toEqual(
      pairs([
        { says: 'accessforbidden', browser: 'the answer' },
        { says: 'header-not-readable', browser: 'the script' },
        ...WORDINGS.filter(({ browser }) => browser !== null),
        { says: 'blocked-by-cors-policy', browser: 'Chrome' },
      ]),
    )
  })

  test('leads nowhere that is not there', () => {
    const anchors = new Set([...document.matchAll(/^### (.+)$/gm)].map(([, id]) => id))
    const links = [...document.matchAll(/\]\(#([^)]+)\)/g)].map(([, id]) => id)
    expect(links.filter(id => !anchors.has(id))).toEqual([])
    expect(links.length).toBeGreaterThan(MESSAGE_IDS.length)
  })
})
