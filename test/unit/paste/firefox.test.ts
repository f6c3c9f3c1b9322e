import { expect, test } from 'vitest'
import { readPaste } from '../../../src/paste/read.ts'
import { FIREFOX_MESSAGES, REASONS, URL } from './firefox-messages.ts'

test.each(Object.entries(FIREFOX_MESSAGES))('readPaste() reads Firefox in %s', (_language, messages) => {
  const read = messages.map(text => readPaste(text))
  expect(read.map(paste => ('problem' in paste ? paste.problem : paste.says))).toEqual(REASONS)
  for (const paste of read) expect(paste).toMatchObject({ browser: 'Firefox', request: { url: URL } })
  // The status stands behind the first reason, behind a word of the language.
  expect(read[0]).toMatchObject({ status: 403 })
  expect(read[REASONS.indexOf('header-not-allowed')]).toMatchObject({
    request: { headers: ['x-cos-acl'], preflight: true },
  })
})

test('readPaste() says so where the language is unknown, and takes the reason from the header', () => {
  const text = `Žádost cross-origin zablokována: zásady nedovolují číst vzdálený zdroj ${URL} (důvod: chybí hlavička CORS 'Access-Control-Allow-Origin').`
  expect(readPaste(text)).toMatchObject({
    browser: 'Firefox',
    says: 'allow-origin-missing',
    request: { url: URL },
    missing: expect.arrayContaining([
      'The language of this message is unknown here: its reason is taken from the headers that it names.',
    ]),
  })
  // Prose about CORS is not a message.
  expect(readPaste(`Při volání ${URL} dostávám chybu CORS.`)).toHaveProperty('problem')
})
