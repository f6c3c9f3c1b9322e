import fc from 'fast-check'
import { XMLParser } from 'fast-xml-parser'
import { expect, test } from 'vitest'
import { errorXml } from '../../../src/answers/error-xml.ts'
import { dialectOf } from '../../../src/cors/dialect.ts'

test('errorXml() is well-formed and says what was put in, whatever it is', () => {
  const parser = new XMLParser({ parseTagValue: false, trimValues: false })
  const hostile = fc.string({ unit: 'binary', maxLength: 50 })
  fc.assert(
    fc.property(
      fc.constantFrom('cos' as const, 's3' as const),
      hostile,
      hostile,
      (dialect, message, reason) => {
        const error = { status: 403, code: 'C', message: `${message}|`, reason: `${reason}|` }
        const xml = errorXml(dialectOf(dialect), error, 'h/k', { request: 'r', trace: 't' })
        expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/)
        const read = parser.parse(xml, true).Error
        const clean = (text: string) =>
          text
            .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
            .replace(/\r\n?/g, '\n')
        expect([read.Message, read.Reason]).toEqual([`${clean(message)}|`, `${clean(reason)}|`])
      },
    ),
  )
})
