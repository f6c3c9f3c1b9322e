/**
 * @module
 * The files that a command reads: found, and read within a bound; every failure is one sentence.
 */

import { open, readdir, stat } from 'node:fs/promises'
import { basename, extname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { MAX_DOCUMENT_BYTES } from '../../cors/configuration.ts'
import { quote } from '../../cors/findings.ts'
import { type HostReading, readHost } from '../kv/hosts.ts'
import { visible } from '../print/terminal.ts'
import { codeOf, UserError } from '../user-error.ts'

/** Where the rules files are, seen from where the command is run. */
export const RULES_FOLDER = 'rules'
/** Beside the rules: the settings of hosts, and not rules of a host of that name. */
export const SETTINGS_FILE = 'buckets.json'
/** Beside the rules: what is expected of them, and not rules either. */
export const CASES_SUFFIX = '.cases.json'
const EXTENSIONS = ['.xml', '.json']
/** What is read of one file at most: well over what any of them may have, so that a finding says so. */
const MAX_FILE_BYTES = 1024 * 1024

export const isSettingsFile = (file: string): boolean => basename(file) === SETTINGS_FILE
export const isCasesFile = (file: string): boolean => file.toLowerCase().endsWith(CASES_SUFFIX)

/**
 * The files named, or all of `rules/` where none is.
 *
 * @throws {Trouble} when none is named and `rules/` has none
 */
export async function findFiles(named: readonly string[]): Promise<readonly string[]> {
  if (named.length > 0) return named
  const here = `Name the files, or run this where ${RULES_FOLDER}/ is.`
  let names: string[]
  try {
    names = await readdir(RULES_FOLDER)
  } catch (error) {
    const reason = codeOf(error) === 'ENOENT' ? 'does not exist' : `can't be listed (${codeOf(error)})`
    throw new UserError(`The folder ${resolve(RULES_FOLDER)} ${reason}. ${here}`)
  }
  const files = names.filter(
    name => !name.startsWith('.') && EXTENSIONS.includes(extname(name).toLowerCase()) && !isCasesFile(name),
  )
  if (files.length === 0) throw new UserError(`${resolve(RULES_FOLDER)} has no .xml or .json file. ${here}`)
  return files.sort().map(name => join(RULES_FOLDER, name))
}

/** The host that a rules file is for, by its name (`rules/files.example.com.xml`); or why it can't be told. */
export function hostOfFile(file: string): HostReading {
  if (isCasesFile(file)) return { problem: `"${quote(basename(file))}" holds expectations, and no rules` }
  const extension = extname(file)
  if (EXTENSIONS.includes(extension.toLowerCase())) return readHost(basename(file, extension))
  return { problem: `"${quote(basename(file))}" is not <hostname>.xml or <hostname>.json` }
}

/** The file as a record names it: relative, so that no machine's folders are published. */
export function sourceName(file: string): string {
  const path = relative(process.cwd(), resolve(file))
  return path.startsWith('..') || isAbsolute(path) ? basename(file) : path.split(sep).join('/')
}

/** @throws {Trouble} when it is a folder */
export async function mustBeFile(file: string): Promise<void> {
  const found = await stat(file).catch(() => null)
  if (found?.isDirectory())
    throw new UserError(`${visible(file)}: ${whyUnreadable('EISDIR', join(file, '*.xml'))}`)
}

/** The text of a file. @throws {Trouble} saying what is wrong with the file and what to do */
export async function readText(file: string): Promise<string> {
  if (file === '') throw new UserError('"" is not the name of a file (from a variable that is not set?).')
  const name = visible(file)
  let bytes: Buffer
  try {
    bytes = await readBounded(file)
  } catch (error) {
    throw new UserError(`${name}: ${whyUnreadable(codeOf(error), join(file, '*.xml'))}`)
  }
  if (bytes.length > MAX_FILE_BYTES) {
    throw new UserError(
      `${name}: the file is over ${MAX_FILE_BYTES} bytes, and a configuration has ${MAX_DOCUMENT_BYTES} at most. Is it the right file?`,
    )
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    if (text.trim() === '') throw new UserError(`${name}: the file is empty. Is it the right file?`)
    if (!text.includes('\0')) return text
  } catch (error) {
    if (error instanceof UserError) throw error
    // Not UTF-8: told below.
  }
  throw new UserError(`${name}: the file is not text in UTF-8. Save it as UTF-8, if it is the right file.`)
}

/** Not `readFile`: a device or a pipe has no end or no size that could be asked for. */
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
 * Why a file that is there to be read can't be, and what to do.
 *
 * @param several how the files in it are named, where more than one can be
 */
export function whyUnreadable(code: string, several?: string): string {
  switch (code) {
    case 'ENOENT':
      return `there is no such file. Check the path; it is taken from ${process.cwd()}.`
    case 'EISDIR':
      return `this is a folder. Name ${several === undefined ? 'a file in it' : `the files in it, such as ${visible(several)}`}.`
    case 'EACCES':
    case 'EPERM':
      return 'the file may not be read. Give yourself the right to read it, or run this as its owner.'
    default:
      return `the file can't be read (${code || 'unknown error'}). Check that the path is right.`
  }
}
