import { afterEach, expect, test, vi } from 'vitest'
import { readSettings } from '../../../src/settings/settings.ts'

// The API of the module as far as it is used here. Its own types are the Worker's, which the compiler settings of
// Node don't know.
type Failure = { readonly kind: string } & Readonly<Record<string, unknown>>
const { failureResponse } = await vi.importActual<{
  failureResponse(edge: { settings: unknown }, request: Request, failure: Failure): Response
}>('../../../src/worker/failures.ts')

afterEach(() => vi.restoreAllMocks())

/** Each failure, its status, and the level and event of its log line. */
const FAILURES: readonly [failure: Failure, status: number, level: 'info' | 'error', event: string][] = [
  [{ kind: 'request-incomplete', detail: 'x' }, 400, 'info', 'request-incomplete'],
  [
    { kind: 'signature-refused', refusal: { status: 403, code: 'AccessDenied', message: 'x' } },
    403,
    'info',
    'signature-refused',
  ],
  [{ kind: 'upstream-failed', failure: 'unreachable', detail: 'x' }, 502, 'error', 'upstream-failed'],
  [{ kind: 'upstream-failed', failure: 'timeout', detail: 'x' }, 504, 'error', 'upstream-failed'],
  [{ kind: 'policy-unavailable', detail: 'x' }, 503, 'error', 'policy-unavailable'],
  [{ kind: 'internal-error', error: new Error('x') }, 500, 'error', 'internal-error'],
  [
    {
      kind: 'misconfigured',
      problems: [{ code: 'InvalidVariable', name: 'CACHE', value: 'x', accepted: 'y' }],
    },
    500,
    'error',
    'misconfigured',
  ],
]

test.each(FAILURES)('failureResponse() of %j is a %i, and logs it as %s', (failure, status, level, event) => {
  const { settings } = readSettings({})
  const lines = { info: vi.spyOn(console, 'info'), error: vi.spyOn(console, 'error') }
  for (const spy of Object.values(lines)) spy.mockImplementation(() => {})
  const request = new Request('https://files.example.com/k', { method: 'PUT' })
  const response = failureResponse({ settings }, request, failure)
  expect(response.status).toBe(status)
  const logged = (spy: typeof lines.info) => spy.mock.calls.map(([line]) => JSON.parse(String(line)).event)
  expect({ info: logged(lines.info), error: logged(lines.error) }).toEqual({
    info: [],
    error: [],
    [level]: [event],
  })
})
