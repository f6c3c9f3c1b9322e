import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { recorderSentence } from '../../../src/paste/preflight-sentences.ts'
import { readPreflights } from '../../../src/paste/preflights.ts'
import type { Unreadable } from '../../../src/paste/read.ts'

const URL = 'https://files.example.com/a'
const PAGE = 'https://app.example.com'
const listed = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers).map(([name, value]) => ({ name, value }))

/** A preflight as Chrome records it. */
const preflight = (
  method: string,
  names: string,
  more: { at?: number; time?: number; maxAge?: string; url?: string } = {},
) => ({
  startedDateTime: new Date(1_700_000_000_000 + (more.at ?? 0) * 1000).toISOString(),
  time: more.time ?? 100,
  _resourceType: 'preflight',
  request: {
    method: 'OPTIONS',
    url: `${more.url ?? URL}?sign=1`,
    headers: listed({
      Origin: PAGE,
      'Access-Control-Request-Method': method,
      ...(names !== '' && { 'Access-Control-Request-Headers': names }),
    }),
  },
  response: {
    status: 200,
    headers: listed({
      'Access-Control-Allow-Origin': PAGE,
      ...(more.maxAge && { 'Access-Control-Max-Age': more.maxAge }),
    }),
  },
})
const PUT = {
  time: 5,
  request: { method: 'PUT', url: URL, headers: [] },
  response: { status: 200, headers: [] },
}

const read = (...entries: unknown[]) => {
  const cost = readPreflights({ log: { entries } })
  if ('problem' in cost) throw new Error((cost as Unreadable).problem)
  return cost
}

test('readPreflights() lists each preflight with its time and its cause, and sums them up', () => {
  const cost = read(preflight('PUT', 'content-type,x-cos-acl', { time: 152.4 }), PUT, preflight('GET', 'x-a'))
  expect(cost).toMatchObject({ total: 252.4, requests: 1 })
  expect(cost.preflights[0]).toEqual({
    url: URL,
    origin: PAGE,
    method: 'PUT',
    headers: ['content-type', 'x-cos-acl'],
    status: 200,
    time: 152.4,
    cause: 'the method PUT is not GET, HEAD or POST',
    repeated: null,
    avoidedBy: ['mount'],
  })
  expect(cost.preflights[1]).toMatchObject({ cause: 'the script sets x-a' })
})

test.each([
  ['a header that nobody needs', 'GET', 'cache-control,pragma', ['header', 'mount']],
  ['a content type', 'POST', 'content-type', ['content-type', 'mount']],
  ['a content type that a PUT has anyway', 'PUT', 'content-type', ['mount']],
  // A HAR does not show it, so it is only a possibility.
  ['an upload listener', 'POST', '', ['upload-listener', 'mount']],
])('readPreflights() says what avoids the preflight of %s', (_name, method, names, avoidedBy) => {
  expect(read(preflight(method, names)).preflights[0]).toMatchObject({ avoidedBy })
})

test('readPreflights() says why the same question was asked again', () => {
  const again = (maxAge: string | undefined, at: number) =>
    read(
      preflight('PUT', 'x-a', maxAge === undefined ? {} : { maxAge }),
      preflight('PUT', 'x-a', { at }),
    ).preflights.map(({ repeated, avoidedBy }) => [repeated, avoidedBy.includes('max-age')])
  expect(again(undefined, 10)).toEqual([
    [null, false],
    ['no-max-age', true],
  ])
  expect(again('5', 10)).toEqual([
    [null, false],
    ['expired', true],
  ])
  expect(again('600', 10)).toEqual([
    [null, false],
    ['not-kept', false],
  ])
  // Another URL is another question.
  expect(
    read(preflight('PUT', 'x-a'), preflight('PUT', 'x-a', { url: `${URL}2` })).preflights[1]?.repeated,
  ).toBeNull()
})

const recorded = (browser: string) => {
  const file = new globalThis.URL(`../../fixtures/har/${browser}.har`, import.meta.url)
  const cost = readPreflights(JSON.parse(readFileSync(file, 'utf8')))
  if ('problem' in cost) throw new Error(cost.problem)
  return cost
}

test('readPreflights() reads what Chrome recorded', () => {
  const cost = recorded('chrome')
  expect(
    cost.preflights.map(({ method, headers, avoidedBy }) => [
      method,
      headers.join(),
      avoidedBy.filter(way => way !== 'mount').join(),
    ]),
  ).toEqual([
    ['PUT', 'x-cos-acl', ''],
    ['PUT', 'x-cos-acl', ''],
    ['GET', 'cache-control', 'header'],
    ['POST', 'content-type', 'content-type'],
    ['POST', '', 'upload-listener'],
    ['GET', 'x-a', ''],
    ['GET', 'x-a', 'max-age'],
  ])
  expect(cost.preflights.at(-1)?.repeated).toBe('expired')
  expect(
    cost.preflights.every(({ avoidedBy, time }) => avoidedBy.includes('mount') && Number(time) > 0),
  ).toBe(true)
  expect(cost.requests).toBe(9)
  expect(JSON.stringify(cost)).not.toContain('signature')
})

test('readPreflights() reads the HARs of Firefox and Safari, and refuses other JSON', () => {
  expect(recorded('firefox')).toMatchObject({
    preflights: [{ method: 'PUT', headers: ['x-cos-acl'], time: 156, avoidedBy: ['mount'] }],
    requests: 1,
  })
  // Safari records no preflight: that is not the same as none.
  const safari = recorded('safari')
  expect(safari).toMatchObject({ preflights: [], requests: 1, recorder: 'WebKit Web Inspector' })
  expect(recorderSentence(safari)).toContain('Safari records no preflights')
  expect(['chrome', 'firefox'].map(browser => recorderSentence(recorded(browser)))).toEqual([null, null])
  // Charles writes -1 where it has no time.
  expect(read({ ...preflight('PUT', 'x-a'), time: -1 }).preflights[0]?.time).toBeNull()
  expect(readPreflights({})).toEqual({ problem: 'This JSON is not a HAR: it has no entry with a request.' })
})
