import { describe, expect, test } from 'vitest'
import { MAX_FRAGMENT, readFragment, writeFragment } from '../../../playground/fragment.ts'
import { EXAMPLE, type State } from '../../../playground/state.ts'

const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

async function deflated(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'))
  return encode(new Uint8Array(await new Response(stream).arrayBuffer()))
}

describe('writeFragment()', () => {
  test('is read back to the same state', async () => {
    const state: State = {
      ...EXAMPLE,
      tab: 'compare',
      rules: '<a>é\u{1f600}&#10;</a>\r\n',
      before: '[]',
      method: 'PROPFIND',
      credentials: true,
      dialect: 's3',
    }
    const fragment = await writeFragment(state)
    expect(fragment).toMatch(/^#z=[\w-]+$/)
    expect(await readFragment(fragment ?? '')).toEqual(state)
  })

  test('compresses rules at the limits into a link that programs pass on', async () => {
    const rules = '<AllowedOrigin>https://app.example</AllowedOrigin>\n'.repeat(1300)
    expect((await writeFragment({ ...EXAMPLE, rules, before: rules }))?.length).toBeLessThan(8000)
  })

  test('gives none for more than a fragment holds', async () => {
    const noise = () =>
      Array.from({ length: 3 }, () => encode(crypto.getRandomValues(new Uint8Array(49_152)))).join('')
    expect(await writeFragment({ ...EXAMPLE, rules: noise(), before: noise() })).toBeNull()
  })
})

describe('readFragment()', () => {
  test('distinguishes an empty fragment from a broken one', async () => {
    expect(await readFragment('')).toBe('none')
    expect(await readFragment('#')).toBe('none')
    const whole = (await writeFragment(EXAMPLE)) ?? ''
    for (const broken of [
      whole.slice(0, -20),
      `${whole.slice(0, 40)}!${whole.slice(41)}`,
      '#z=',
      '#j=e30x',
      '#q=1',
    ])
      expect(await readFragment(broken), broken).toHaveProperty('problem')
  })

  test('reads the fields that a page or a person writes, and leaves the rest as it is', async () => {
    expect(
      await readFragment('#origin=https%3A%2F%2Fa.example&method=DELETE&headers=x-a&credentials'),
    ).toEqual({
      ...EXAMPLE,
      origin: 'https://a.example',
      method: 'DELETE',
      headers: 'x-a',
      credentials: true,
    })
    expect(await readFragment('#dialect=r2')).toHaveProperty('problem')
  })

  test.each([
    ['a number for a text', { origin: 1 }],
    ['a dialect of nobody', { dialect: 'gcs' }],
    ['a text for a flag', { actual: 'yes' }],
    ['rules without a bound', { rules: 'x'.repeat(200_001) }],
    ['a list', []],
    ['null', null],
  ])('refuses %s', async (_name, value) => {
    expect(await readFragment(`#z=${await deflated(JSON.stringify(value))}`)).toHaveProperty('problem')
    expect(await readFragment(`#j=${encode(Buffer.from(JSON.stringify(value)))}`)).toHaveProperty('problem')
  })

  test('takes no field from what every object has', async () => {
    const state = await readFragment(
      `#z=${await deflated('{"__proto__":{"origin":"https://evil.example"}}')}`,
    )
    expect(state).toEqual(EXAMPLE)
  })

  test('stops at a small one that holds far too much', async () => {
    const bomb = `#z=${await deflated('0'.repeat(50_000_000))}`
    expect(bomb.length).toBeLessThan(MAX_FRAGMENT)
    expect(await readFragment(bomb)).toEqual({ problem: expect.stringContaining('holds too much') })
    expect(await readFragment(`#${'z'.repeat(MAX_FRAGMENT + 1)}`)).toEqual({
      problem: expect.stringContaining('too long'),
    })
  })
})
