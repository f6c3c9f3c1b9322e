import fc from 'fast-check'
import { XMLParser } from 'fast-xml-parser'
import { expect, test } from 'vitest'
import { errorResponse, errorXml } from '../../../src/answers/error-xml.ts'
import { dialectOf } from '../../../src/cors/dialect.ts'

test('errorXml() is well-formed and contains its input, whatever the input', () => {
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

test('errorXml() has the children of each dialect in order, without absent ones', () => {
  const childrenOf = (dialect: 'cos' | 's3', error: object) =>
    [
      ...errorXml(dialectOf(dialect), { status: 403, code: 'C', message: 'M', ...error }, 'h/k', {
        request: 'r',
        trace: 't',
      }).matchAll(/<([A-Z]\w+)>/g),
    ].map(([, name]) => name)
  const cors = { method: 'PUT', resourceType: 'OBJECT' }
  expect(childrenOf('s3', cors)).toEqual([
    'Error',
    'Code',
    'Message',
    'Method',
    'ResourceType',
    'RequestId',
    'HostId',
  ])
  expect(childrenOf('s3', {})).toEqual(['Error', 'Code', 'Message', 'RequestId', 'HostId'])
  expect(childrenOf('cos', cors)).toEqual(['Error', 'Code', 'Message', 'Resource', 'RequestId', 'TraceId'])
})

test('errorResponse() repeats a bounded resource without its query, where a signature may be', async () => {
  const error = { status: 403, code: 'C', message: 'M' }
  const resource = async (path: string) => {
    const response = errorResponse(dialectOf('cos'), error, `https://b.example${path}`)
    return /<Resource>(.*)<\/Resource>/.exec(await response.text())?.[1]
  }
  expect(await resource('/k?q-signature=secret')).toBe('b.example/k')
  expect(await resource('?q-signature=secret')).toBe('b.example')
  expect(await resource("/<&'%0d%0a")).toBe('b.example/&lt;&amp;&apos;%0d%0a')
  expect((await resource(`/${'k'.repeat(60_000)}`))?.length).toBe(1025)
})

test('errorResponse() gives a HEAD the headers of the document without it', async () => {
  const error = { status: 404, code: 'C', message: 'M' }
  for (const dialect of ['cos', 's3'] as const) {
    const response = errorResponse(dialectOf(dialect), error, 'https://b.example/k', true)
    expect([response.status, await response.text()]).toEqual([404, ''])
    expect([...response.headers.keys()]).toEqual(
      [...errorResponse(dialectOf(dialect), error, 'https://b.example/k').headers.keys()].filter(Boolean),
    )
  }
})
