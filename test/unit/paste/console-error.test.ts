import { describe, expect, test } from 'vitest'
import { type Paste, readPaste } from '../../../src/paste/read.ts'
import { MESSAGES } from './messages.ts'

const read = (text: string): Paste => {
  const paste = readPaste(text)
  if ('problem' in paste) throw new Error(paste.problem)
  return paste
}

describe('readPaste() of console errors', () => {
  test.each(MESSAGES.map(message => [`${message.browser}: ${message.text.slice(0, 150)}`, message] as const))(
    'reads %s',
    (_name, { browser, text, reads: { says, status, ...request } }) => {
      const paste = read(text)
      expect(paste).toMatchObject({ kind: 'console-error', browser, says, status: status ?? null, request })
    },
  )

  test('reads the first of several, and tells how many other URLs there are', () => {
    const of = (key: string, reason: string) =>
      `Access to fetch at 'https://f.example/${key}?sign=1' from origin 'https://a.example' has been blocked by CORS policy: ${reason}\n`
    const method = 'Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.'
    const header =
      'Request header field x-b is not allowed by Access-Control-Allow-Headers in preflight response.'
    const { says, request, missing } = read(
      of('1', method) + of('1', header) + of('2', header) + of('3', header),
    )
    expect([says, request.url, request.method, request.headers]).toEqual([
      'method-not-allowed',
      'https://f.example/1',
      'PUT',
      [],
    ])
    expect(missing.at(-1)).toBe('Only the first message is read, of those about 3 URLs.')
  })

  test('takes of two lines of Safari the reason and the URL that belong together', () => {
    const lines = (reason: string, key: string) =>
      `[Error] ${reason}\n[Error] Fetch API cannot load https://f.example/${key} due to access control checks.\n`
    const text =
      lines('Method PUT is not allowed by Access-Control-Allow-Methods.', '1') +
      lines('Preflight response is not successful. Status code: 403', '2')
    expect(read(text)).toMatchObject({
      says: 'method-not-allowed',
      request: { url: 'https://f.example/1', method: 'PUT' },
    })
  })
})
