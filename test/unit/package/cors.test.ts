import { describe, expect, test } from 'vitest'
import { compile, explain, readDocument } from '../../../src/package/cors.ts'

const XML = `<CORSConfiguration><CORSRule><ID>app</ID><AllowedOrigin>https://app.example.com</AllowedOrigin>
<AllowedMethod>PUT</AllowedMethod><AllowedHeader>*</AllowedHeader><MaxAgeSeconds>600</MaxAgeSeconds></CORSRule></CORSConfiguration>`

async function configuration() {
  const reading = await readDocument(XML)
  if (reading.configuration === null) throw new Error('the rules have errors')
  return reading.configuration
}
const REQUEST = { origin: 'https://app.example.com', method: 'PUT', requestedHeaders: 'Content-Type' }

describe('edge-preflight/cors', () => {
  test('decide() returns the rule and the headers of both answers when a rule allows the request', async () => {
    expect(compile(await configuration()).decide(REQUEST)).toEqual({
      outcome: 'allowed',
      rule: 1,
      id: 'app',
      preflight: [
        ['access-control-allow-credentials', 'true'],
        ['access-control-allow-methods', 'PUT'],
        ['access-control-max-age', '600'],
        ['access-control-allow-origin', 'https://app.example.com'],
        ['access-control-allow-headers', 'content-type'],
      ],
      actual: [
        ['access-control-allow-credentials', 'true'],
        ['access-control-allow-origin', 'https://app.example.com'],
      ],
    })
  })

  test('decide() returns the first condition that no rule meets when the request is refused', async () => {
    const rules = compile(await configuration(), 's3')
    expect(rules.decide({ ...REQUEST, method: 'DELETE' })).toEqual({
      outcome: 'refused',
      check: 'method',
      value: 'DELETE',
    })
    expect(compile({ rules: [], responseVary: false }).decide(REQUEST)).toEqual({ outcome: 'no-rules' })
    expect(explain(await configuration(), REQUEST).answeredBy).toBe(0)
  })

  test('compile() rejects an unknown dialect', async () => {
    const rules = await configuration()
    expect(() => compile(rules, 'gcs' as never)).toThrow('The dialect is "gcs". Accepted: cos or s3.')
  })
})
