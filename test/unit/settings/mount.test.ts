import { describe, expect, test } from 'vitest'
import { readHostSettings } from '../../../src/settings/host-settings.ts'
import { isSandboxed, MOUNT } from '../../../src/settings/mount.ts'
import { type Env, readSettings } from '../../../src/settings/settings.ts'

describe('MOUNT', () => {
  test.each(['/files', '/a/b.c/~d_-', `/${'x'.repeat(127)}`])('accepts %s', text => {
    expect(MOUNT.read(text)).toBe(text)
  })

  test.each([
    ...['', '/', 'files', '/files/', '//files', '/a//b', '/a/../b', '/./a', '/a b', '/a%20b', '/ä'],
    ...['/.well-known', '/.well-known/x', '/.well-knownx', '/cdn-cgi/x', `/${'x'.repeat(128)}`],
  ])('refuses %j', text => {
    expect(MOUNT.read(text)).toBeUndefined()
  })
})

const env = (vars: Record<string, string>): Env =>
  ({ RULES: { get: () => null }, ORIGIN: 'https://bucket.example', ...vars }) as unknown as Env

describe('USER_CONTENT', () => {
  const host = (vars: Record<string, string>, record: object) => {
    const { settings } = readSettings(env(vars))
    return readHostSettings(JSON.stringify(record), env(vars), settings).settings
  }

  test.each([
    [{}, {}, false],
    [{ MOUNT: '/files' }, {}, true],
    [{ MOUNT: '/files', USER_CONTENT: 'trusted' }, {}, false],
    [{ USER_CONTENT: 'sandbox' }, {}, true],
    [{ MOUNT: '/files', USER_CONTENT: 'trusted' }, { mount: '/own' }, true],
    [{ MOUNT: '/files', USER_CONTENT: 'trusted' }, { mount: '/own', userContent: 'trusted' }, false],
    [{ MOUNT: '/files' }, { mount: 'off' }, false],
    [{ USER_CONTENT: 'sandbox' }, { mount: 'off' }, true],
  ])('with %j and the host’s own %j is a sandbox: %s', (vars, record, sandboxed) => {
    expect(isSandboxed(host(vars, record))).toBe(sandboxed)
  })
})

describe('MOUNT with ORIGIN=route', () => {
  test('is an error, of the variables and of a host', () => {
    const route = env({ ORIGIN: 'route', MOUNT: '/files' })
    expect(readSettings(route).problems).toMatchObject([{ code: 'InvalidVariable', name: 'MOUNT' }])
    const { settings } = readSettings(env({ ORIGIN: 'route' }))
    const own = readHostSettings('{"mount":"/files"}', env({}), settings)
    expect(own.problems).toMatchObject([{ code: 'InvalidBucketSettings', name: 'mount' }])
  })
})
