import { expect, test } from 'vitest'
import { requestText } from '../../../src/compare/difference-text.ts'

test.each([
  [null, 'PUT from https://a.example'],
  ['x-a,x-b', 'PUT from https://a.example with x-a, x-b'],
  ['x-a \t,  x-b', 'PUT from https://a.example with x-a, x-b'],
  ['x-a,  ,x-b', 'PUT from https://a.example with x-a, , x-b'],
  [',,x-a,', 'PUT from https://a.example with , , x-a, '],
])(
  'requestText() writes the requested headers %j with one space behind each comma',
  (requestedHeaders, text) => {
    expect(requestText({ origin: 'https://a.example', method: 'PUT', requestedHeaders })).toBe(text)
  },
)
