/**
 * @module
 * wrangler.toml, as far as the KV of a deployment needs it. wrangler's own reader takes two seconds of CPU to load.
 */

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse as parseToml, TomlError } from 'smol-toml'
import stripJsonComments from 'strip-json-comments'
import { visible } from '../print/terminal.ts'
import { reasonOf, UserError } from '../user-error.ts'

/** The files that wrangler looks for, in its order. It searches all parent folders for one before the next. */
const FILES = ['wrangler.json', 'wrangler.jsonc', 'wrangler.toml']

type Table = Readonly<Record<string, unknown>>

export interface WranglerConfig {
  readonly path: string
  /** Names of the environments. */
  readonly environments: readonly string[]
  /** Returns an environment, or the top level for an empty name. @throws {UserError} if it does not exist */
  environment(name: string): WranglerEnvironment
}

/** What an environment never inherits from the top level. */
export interface WranglerEnvironment {
  readonly vars: Table
  readonly kvNamespaces: readonly Table[]
  readonly services: readonly Table[]
}

/**
 * Reads the configuration of the working folder or the nearest folder above it.
 *
 * @throws {UserError} if no file is found, or it can't be parsed
 */
export function readWranglerConfig(): WranglerConfig {
  const path = FILES.map(findUp).find(found => found !== null) ?? null
  if (path === null) {
    throw new UserError(
      `There is no wrangler.toml in ${visible(process.cwd())} or a parent folder. Run this in the project's folder.`,
    )
  }
  const config = parse(path)
  const named = tableOf(config.env)
  const environments = Object.keys(named)
  return {
    path,
    environments,
    environment(name) {
      if (name !== '' && !environments.includes(name)) {
        const known = environments.map(visible).join(', ') || 'none'
        throw new UserError(
          `${visible(path)} has no environment "${visible(name)}". Its environments: ${known}. Correct --env.`,
        )
      }
      const table = name === '' ? config : tableOf(named[name])
      return {
        vars: tableOf(table.vars),
        kvNamespaces: tablesOf(table.kv_namespaces),
        services: tablesOf(table.services),
      }
    },
  }
}

function findUp(name: string): string | null {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const path = join(folder, name)
    if (existsSync(path)) return path
    if (folder === dirname(folder)) return null
  }
}

function parse(path: string): Table {
  const text = readFileSync(path, 'utf8')
  try {
    return tableOf(
      path.endsWith('.toml')
        ? parseToml(text)
        : JSON.parse(stripJsonComments(text, { trailingCommas: true, whitespace: true })),
    )
  } catch (error) {
    const isToml = error instanceof TomlError
    const at = isToml ? `:${error.line}:${error.column}` : ''
    // After its first line, the parser's message shows the lines of the file.
    const [reason = ''] = isToml ? error.message.split('\n') : [reasonOf(error)]
    throw new UserError(`${visible(path)}${at}: ${visible(reason)}. Correct the file.`)
  }
}

const tableOf = (value: unknown): Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : {}

const tablesOf = (value: unknown): Table[] => (Array.isArray(value) ? value.map(tableOf) : [])
