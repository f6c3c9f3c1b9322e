/**
 * `rules seal-key`: what it prints is a value of SEAL_KEYS, and the key that seal() takes.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSeal } from '../../src/bucket/signing/open-seal.ts'
import { seal } from '../../src/package/seal.ts'
import { readSealKeys } from '../../src/settings/secrets.ts'
import { Project } from './rules.ts'

let project: Project
beforeAll(() => {
  project = new Project()
})
afterAll(() => project.remove())

describe('seal-key', () => {
  test.each([[], ['--id', 'k_2-B']])('%s %s prints a key that seals and opens', async (...args) => {
    const { code, out, err } = await project.run(['seal-key', ...args])
    expect([code, err]).toEqual([0, ''])
    const keys = readSealKeys(out)
    expect([...(keys ?? new Map()).keys()]).toEqual([args[1] ?? expect.stringMatching(/^k20\d{6}$/)])
    const { sessionToken } = await seal(
      {
        ...{ accessKeyId: 'ASIA', secretAccessKey: 'secret', sessionToken: 'token' },
        expiration: Date.now() / 1000 + 600,
      },
      JSON.parse(out),
      { hosts: ['edge.example'] },
    )
    const url = 'https://edge.example/k'
    expect(await openSeal(sessionToken, 'ASIA', url, keys ?? new Map(), Date.now())).toMatchObject({
      secret: 'secret',
      token: 'token',
    })
  })

  test('prints another key each time', async () => {
    const [one, other] = [await project.run(['seal-key']), await project.run(['seal-key'])]
    expect(one.out).not.toBe(other.out)
  })

  test.each(['', 'a.b', 'k'.repeat(17), 'ä'])('refuses the ID %j, and says what is accepted', async id => {
    const { code, out, err } = await project.run(['seal-key', '--id', id])
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(`--id ${JSON.stringify(id)} is not a key ID`)
    expect(err).toContain('--id k2')
  })
})
