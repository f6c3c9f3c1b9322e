/**
 * @module
 * Writes the files of a made project. An existing file is never replaced without --force.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { whyUnwritten } from '../files/output.ts'
import { ownPackage } from '../files/own-package.ts'
import { visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'
import type { InitAnswers } from './answers.ts'
import { packageJson } from './package-json.ts'
import { packageSpec } from './package-source.ts'
import { rulesWorkflow } from './workflow.ts'
import { wranglerToml } from './wrangler-toml.ts'

const CODE = `// The whole Worker. Add your own code around it, or delete this file and use \`edge-preflight init\` without --code.
export { default } from 'edge-preflight'
`

const IGNORED = `node_modules/
.wrangler/
.dev.vars*
.env*
`

/** Whether an existing package.json has this package already: it stays as it is there. */
const dependsOnUs = (text: string | null): boolean =>
  Object.hasOwn((JSON.parse(text ?? '{}') as { dependencies?: object }).dependencies ?? {}, 'edge-preflight')

/**
 * Writes the project.
 *
 * @returns the paths of the written files, relative to the project
 * @throws {UserError} if a file exists, without `force`; then nothing is written
 */
export async function writeProject(
  folder: string,
  answers: InitAnswers,
  rulesText: string,
  force: boolean,
): Promise<string[]> {
  const files = new Map<string, string>([
    ['wrangler.toml', wranglerToml(answers)],
    [`rules/${answers.host}.xml`, rulesText],
    ['.github/workflows/rules.yml', rulesWorkflow()],
    ...(answers.hasCode ? ([['src/index.ts', CODE]] as const) : []),
  ])
  const existing = [...files.keys()].filter(file => existsSync(join(folder, file)))
  if (existing.length > 0 && !force) {
    throw new UserError(
      `${visible(resolve(folder))} already has ${existing.map(visible).join(', ')}. Nothing was written. Choose another folder, or pass --force to replace these files.`,
    )
  }
  const described = join(folder, 'package.json')
  const before = existsSync(described) ? readFileSync(described, 'utf8') : null
  // Read before anything is written: a broken package.json stops all of it.
  packageJson(before, '', '', { folder: '', version: '', tools: {} })
  const own = ownPackage()
  try {
    mkdirSync(folder, { recursive: true })
    const spec = dependsOnUs(before) ? '' : await packageSpec(own, folder)
    files.set('package.json', packageJson(before, basename(resolve(folder)), spec, own))
    if (!existsSync(join(folder, '.gitignore'))) files.set('.gitignore', IGNORED)
    for (const [file, text] of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
  } catch (error) {
    throw error instanceof UserError ? error : new UserError(`${visible(folder)}: ${whyUnwritten(error)}`)
  }
  return [...files.keys()]
}
