import { afterAll, expect, test } from 'vitest'
import { Project } from './rules.ts'

const project = new Project()
afterAll(() => project.remove())

const entry = (method: string, names: string, time: number) => ({
  time,
  request: {
    method: 'OPTIONS',
    url: 'https://files.example.com/a?sign=1',
    headers: [
      { name: 'Origin', value: 'https://app.example.com' },
      { name: 'Access-Control-Request-Method', value: method },
      { name: 'Access-Control-Request-Headers', value: names },
    ],
  },
  response: { status: 200, headers: [] },
})

test('rules preflights lists what a page load paid for, and what would avoid it', async () => {
  project.write(
    'page.har',
    JSON.stringify({
      log: {
        entries: [entry('PUT', 'x-cos-acl', 150), entry('POST', '', 50), entry('PUT', 'x-cos-acl', 100)],
      },
    }),
  )
  expect(await project.run(['preflights', 'page.har'])).toEqual({
    code: 0,
    err: '',
    out: `3 preflights for 0 requests, 300 ms in all.

PUT https://files.example.com/a with x-cos-acl
  150 ms, status 200
  Asked because the method PUT is not GET, HEAD or POST.

POST https://files.example.com/a
  50 ms, status 200
  It may be an upload listener, or a stream as body: method and headers need no
  preflight.

PUT https://files.example.com/a with x-cos-acl
  100 ms, status 200
  Asked because the method PUT is not GET, HEAD or POST.
  Asked before in this recording: the answer had no Access-Control-Max-Age, so
  it held for 5 s.

To avoid them
  serve the bucket below a path of the page's own domain (MOUNT): no preflight
  at all (3 of 3, 300 ms)
  they may come from an upload listener or a stream: leave it out where nobody
  looks at the progress (1 of 3, 50 ms)
  a longer MaxAgeSeconds in the rule that answers: the same question was asked
  again (1 of 3, 100 ms)
`,
  })
  const { out } = await project.run(['preflights', 'page.har', '--json'])
  expect(JSON.parse(out)).toMatchObject({ total: 300, requests: 0 })
  expect(out).not.toContain('sign=1')
})

test('rules preflights says what is not a HAR', async () => {
  project.write('a.txt', 'hello')
  expect(await project.run(['preflights', 'a.txt'])).toEqual({
    code: 2,
    out: '',
    err: 'a.txt is not a HAR: it is not JSON.\n',
  })
  project.write('a.json', '{}')
  expect(await project.run(['preflights', 'a.json'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('a.json: This JSON is not a HAR'),
  })
})
