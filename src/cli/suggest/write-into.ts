/**
 * @module
 * Changes put into a rules file: the person's own text stays, as far as it can.
 */

import { realpath } from 'node:fs/promises'
import type { Configuration } from '../../cors/configuration.ts'
import { applyChange } from '../../edit/apply.ts'
import type { Change } from '../../explain/smallest-change.ts'
import { formatOf, readRules } from '../../formats/rules.ts'
import { readText } from '../files/files.ts'
import { writeOutput } from '../files/output.ts'
import { visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'

/**
 * Makes the changes, each for what the former one makes, and writes the file: all of them or none.
 *
 * @param configuration what the file says, and the first change is for
 * @returns what the text loses, as sentences
 * @throws {UserError} when the file has changed, or the changed rules can't be written
 */
export async function writeInto(
  file: string,
  configuration: Configuration,
  changes: readonly Change[],
): Promise<string[]> {
  const name = visible(file)
  let text = await readText(file)
  let format = formatOf(text)
  const now = await readRules(text, format)
  if (JSON.stringify(now.configuration) !== JSON.stringify(configuration))
    throw new UserError(`${name} has changed meanwhile. Nothing was written: run this again.`)
  const losses = new Set<string>()
  for (const change of changes) {
    const edited = await applyChange(text, format, change)
    if ('problem' in edited) throw new UserError(`${name}: ${edited.problem} Nothing was written.`)
    for (const loss of edited.losses) losses.add(loss)
    text = edited.text
    format = edited.format
  }
  // A link stays one.
  await writeOutput(text, { out: await realpath(file), force: true })
  return [...losses]
}
