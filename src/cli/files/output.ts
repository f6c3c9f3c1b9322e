/**
 * @module
 * Writes the output file of a command: completely or not at all, and never over an existing file without --force.
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

/** Returns a configuration as a rules file: S3 JSON if `out` ends in `.json`, otherwise XML. */
export const rulesText = (configuration: Configuration, out: string | undefined): string =>
  out !== undefined && extname(out).toLowerCase() === '.json'
    ? writeS3Json(configuration)
    : writeXml(configuration)

/**
 * Writes `text` to --out, or to standard output without it.
 *
 * @throws {UserError} if the file exists and --force is not given, or if it cannot be written
 */
export async function writeOutput(text: string, { out, force }: OutputOptions): Promise<void> {
  if (out === undefined) {
    print(text.replace(/\n$/, ''))
    return
  }
  let folder: string | null = null
  try {
    // In the folder of the file: a move within one file system is atomic.
    folder = await mkdtemp(join(dirname(out), '.rules-'))
    const whole = join(folder, basename(out))
    await writeFile(whole, text)
    // Unlike a rename, a link fails if the file exists. So there is no race between a check and the write.
    await (force ? rename(whole, out) : link(whole, out))
  } catch (error) {
    throw new UserError(`${visible(out)}: ${whyUnwritten(error)}`)
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true })
  }
}

/** Returns why a file cannot be written, and what to do. */
export function whyUnwritten(error: unknown): string {
  switch (codeOf(error)) {
    case 'EEXIST':
      return 'the file exists already and was not changed. Pass --force to replace it, or name another file.'
    case 'ENOENT':
      return 'its folder does not exist. Create the folder, or name another file.'
    case 'EISDIR':
      return 'this is a folder. Name a file in it.'
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'no permission to write to its folder. Name a file in another folder.'
    default:
      return `the file cannot be written (${codeOf(error) || visible(reasonOf(error))}).`
  }
}
