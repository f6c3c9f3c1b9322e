/**
 * @module
 * The file that a command writes: whole or not at all, and never over another one unasked.
 */

import { link, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import type { Configuration } from '../../cors/configuration.ts'
import { writeS3Json } from '../../formats/s3-json.ts'
import { writeXml } from '../../formats/xml.ts'
import { print, visible } from '../print/terminal.ts'
import { codeOf, reasonOf, UserError } from '../user-error.ts'

/** The options of every command that writes a file. */
export interface OutputOptions {
  out?: string
  force?: true
}

/** A configuration as a rules file: S3 JSON where the file is called so, else XML. */
export const rulesText = (configuration: Configuration, out: string | undefined): string =>
  out !== undefined && extname(out).toLowerCase() === '.json'
    ? writeS3Json(configuration)
    : writeXml(configuration)

/**
 * Writes `text` to --out, or prints it where none is named.
 *
 * @throws {Trouble} when the file is there already, without --force; or when it can't be written
 */
export async function writeOutput(text: string, { out, force }: OutputOptions): Promise<void> {
  if (out === undefined) {
    print(text.replace(/\n$/, ''))
    return
  }
  let folder: string | null = null
  try {
    // Beside the file, so that it can be put in its place in one step.
    folder = await mkdtemp(join(dirname(out), '.rules-'))
    const whole = join(folder, basename(out))
    await writeFile(whole, text)
    // A link, unlike a rename, fails where there is a file: between looking and writing, nobody can come.
    await (force ? rename(whole, out) : link(whole, out))
  } catch (error) {
    throw new UserError(`${visible(out)}: ${whyUnwritten(error)}`)
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true })
  }
}

/** Why a file could not be written, and what to do. */
export function whyUnwritten(error: unknown): string {
  switch (codeOf(error)) {
    case 'EEXIST':
      return 'the file is there already, and was left as it is. Add --force to replace it, or name another.'
    case 'ENOENT':
      return 'its folder does not exist. Make it first, or name another.'
    case 'EISDIR':
      return 'this is a folder. Name a file in it.'
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'its folder may not be written to. Name a file elsewhere.'
    default:
      return `the file can't be written (${codeOf(error) || visible(reasonOf(error))}).`
  }
}
