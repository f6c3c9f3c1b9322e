/**
 * The tables of settings in README.md and docs/storage.md.
 */

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { HOST_SETTINGS } from '../../../src/settings/host-settings.ts'
import { variableNames } from '../../../src/settings/settings.ts'

/** The rows of a document whose first cell is a name in code. */
const rows = (file: string): string[][] =>
  readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .map(line => line.split('|').map(cell => cell.trim()))

const hostSettings = Object.values(HOST_SETTINGS).map(({ variable, field }) => [variable, field] as const)

test('README.md describes every variable, and which of them a host can have', () => {
  const table = new Map(rows('README.md').map(([, name = '', , , , perHost = '']) => [name, perHost]))
  expect(variableNames().all.filter(name => !table.has(`\`${name}\``))).toEqual([])
  for (const [variable, field] of hostSettings)
    expect([variable, table.get(`\`${variable}\``)]).toEqual([
      variable,
      expect.stringContaining(`✓ \`${field}\``),
    ])
})

test('docs/storage.md lists the fields of a host’s settings, each with its variable', () => {
  const listed = new Set(rows('docs/storage.md').map(([, field, variable]) => `${field} ${variable}`))
  expect(hostSettings.filter(([variable, field]) => !listed.has(`\`${field}\` \`${variable}\``))).toEqual([])
})
