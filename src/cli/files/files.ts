/**
 * @module
 * Finds and reads the files of a command, within a size limit. Every failure is one message.
 */

import { existsSync } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { MAX_DOCUMENT_BYTES } from '../../cors/configuration.ts'
import { quote } from '../../cors/findings.ts'
import { type HostReading, readHost } from '../kv/hosts.ts'
import { visible } from '../print/terminal.ts'
import { codeOf, UserError } from '../user-error.ts'

/** The folder of the rules files, relative to the working folder. */
export const RULES_FOLDER = 'rules'
/** The per-host settings in the rules folder. Not the rules of a host named `buckets`. */
export const SETTINGS_FILE = 'buckets.json'
/** Suffix of the files with expectations in the rules folder. */
export const CASES_SUFFIX = '.cases.json'
/** The configuration files of wrangler. */
const CONFIG_FILES = ['wrangler.toml', 'wrangler.json', 'wrangler.jsonc']
const EXTENSIONS = ['.xml', '.json']
/** Bytes read of one file at most. Above every format's own limit, so that a finding reports that limit. */
const MAX_FILE_BYTES = 1024 * 1024

export const isSettingsFile = (file: string): boolean => basename(file) === SETTINGS_FILE
export const isCasesFile = (file: string): boolean => file.toLowerCase().endsWith(CASES_SUFFIX)

/**
 * Returns the rules folder: in the working folder, otherwise beside the nearest wrangler.toml above it.
 *
 * @returns a path relative to the working folder
 */
export function rulesFolder(): string {
  if (existsSync(RULES_FOLDER)) return RULES_FOLDER
  for (let folder = process.cwd(); dirname(folder) !== folder; folder = dirname(folder)) {
    if (CONFIG_FILES.some(name => existsSync(join(folder, name)))) {
      const rules = join(folder, RULES_FOLDER)
      return existsSync(rules) ? relative(process.cwd(), rules) : RULES_FOLDER
    }
  }
  return RULES_FOLDER
}

/**
 * Returns the named files, or all files of the rules folder if `named` is empty.
 *
 * @throws {UserError} if `named` is empty and the rules folder has no files
 */
export async function findFiles(named: readonly string[]): Promise<readonly string[]> {
  if (named.length > 0) return named
  const folder = rulesFolder()
  const here = `Name the files, or run the command in the folder that contains ${RULES_FOLDER}/.`
  let names: string[]
  try {
    names = await readdir(folder)
  } catch (error) {
    const reason = codeOf(error) === 'ENOENT' ? 'does not exist' : `cannot be listed (${codeOf(error)})`
    throw new UserError(`The folder ${resolve(folder)} ${reason}. ${here}`)
  }
  const files = names.filter(
    name => !name.startsWith('.') && EXTENSIONS.includes(extname(name).toLowerCase()) && !isCasesFile(name),
  )
  if (files.length === 0) throw new UserError(`${resolve(folder)} has no .xml or .json file. ${here}`)
  return files.sort().map(name => join(folder, name))
}

/** Returns the host of a rules file, from its name (`rules/files.example.com.xml`), or the problem with the name. */
export function hostOfFile(file: string): HostReading {
  if (isCasesFile(file)) return { problem: `"${quote(basename(file))}" contains expectations, not rules` }
  const extension = extname(file)
  if (EXTENSIONS.includes(extension.toLowerCase())) return readHost(basename(file, extension))
  return { problem: `"${quote(basename(file))}" is not <hostname>.xml or <hostname>.json` }
}

/** Returns the file name for a record: relative, so that no folder of this machine is published. */
export function sourceName(file: string): string {
  const path = relative(process.cwd(), resolve(file))
  return path.startsWith('..') || isAbsolute(path) ? basename(file) : path.split(sep).join('/')
}

/** @throws {UserError} if `file` is a folder */
export async function mustBeFile(file: string): Promise<void> {
  const found = await stat(file).catch(() => null)
  if (found?.isDirectory())
    throw new UserError(`${visible(file)}: ${whyUnreadable('EISDIR', join(file, '*.xml'))}`)
}

/** Returns the text of a file. @throws {UserError} if it cannot be read, is too large, empty, or not UTF-8 */
export async function readText(file: string): Promise<string> {
  if (file === '')
    throw new UserError('"" is not a file name. Check that the variable in the command is set.')
  const name = visible(file)
  let bytes: Buffer
  try {
    bytes = await readBounded(file)
  } catch (error) {
    throw new UserError(`${name}: ${whyUnreadable(codeOf(error), join(file, '*.xml'))}`)
  }
  if (bytes.length > MAX_FILE_BYTES) {
    throw new UserError(
      `${name}: the file has more than ${MAX_FILE_BYTES} bytes. A configuration has at most ${MAX_DOCUMENT_BYTES}. Check that this is the right file.`,
    )
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    if (text.trim() === '')
      throw new UserError(`${name}: the file is empty. Check that this is the right file.`)
    if (!text.includes('\0')) return text
  } catch (error) {
    if (error instanceof UserError) throw error
    // Not UTF-8: reported below.
  }
  throw new UserError(`${name}: the file is not UTF-8 text. Save it as UTF-8.`)
}

/** Not `readFile`: a device or a pipe has no size, and perhaps no end. */
async function readBounded(file: string): Promise<Buffer> {
  const handle = await open(file)
  try {
    const chunks: Buffer[] = []
    let length = 0
    while (length <= MAX_FILE_BYTES) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(64 * 1024))
      if (bytesRead === 0) break
      chunks.push(buffer.subarray(0, bytesRead))
      length += bytesRead
    }
    return Buffer.concat(chunks)
  } finally {
    await handle.close()
  }
}

/**
 * Returns why a file cannot be read, and what to do.
 *
 * @param several a pattern for the files of a folder, if the command takes several files
 */
export function whyUnreadable(code: string, several?: string): string {
  switch (code) {
    case 'ENOENT':
      return `the file does not exist. Check the path; it is relative to ${process.cwd()}.`
    case 'EISDIR':
      return `this is a folder. Name ${several === undefined ? 'a file in it' : `the files in it, such as ${visible(several)}`}.`
    case 'EACCES':
    case 'EPERM':
      return 'no permission to read the file. Change its permissions, or run the command as its owner.'
    default:
      return `the file cannot be read (${code || 'unknown error'}). Check the path.`
  }
}
