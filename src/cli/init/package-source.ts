/**
 * @module
 * From where a made project installs this package: the registry, or a tarball that is copied into the project.
 */

import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { OwnPackage } from '../files/own-package.ts'
import { reasonOf, UserError } from '../user-error.ts'

/** Where tarballs go in a made project. */
const VENDOR = 'vendor'

/**
 * Returns what stands in `dependencies`. Copies the tarball that this package was installed from; makes one if this is
 * the repository.
 *
 * @throws {UserError} if there is no tarball
 */
export async function packageSpec({ folder, version }: OwnPackage, project: string): Promise<string> {
  if (existsSync(join(folder, 'src/cli/main.ts')))
    return `file:${VENDOR}/${await packInto(folder, join(project, VENDOR))}`
  const installed = installedFrom(folder)
  if (installed === null) return version
  const name = basename(installed)
  if (dirname(installed) === resolve(project)) return `file:${name}`
  if (!existsSync(installed))
    throw new UserError(`The tarball ${installed} does not exist any more. Install the package again.`)
  mkdirSync(join(project, VENDOR), { recursive: true })
  copyFileSync(installed, join(project, VENDOR, name))
  return `file:${VENDOR}/${name}`
}

/** The tarball that npm installed this package from, by npm's own list in node_modules; null for a registry. */
function installedFrom(folder: string): string | null {
  const modules = dirname(folder)
  const list = join(modules, '.package-lock.json')
  if (!existsSync(list)) return null
  const { packages } = JSON.parse(readFileSync(list, 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly resolved?: string }>>
  }
  const resolved = packages['node_modules/edge-preflight']?.resolved ?? ''
  return resolved.startsWith('file:') ? resolve(dirname(modules), resolved.slice('file:'.length)) : null
}

async function packInto(folder: string, vendor: string): Promise<string> {
  mkdirSync(vendor, { recursive: true })
  const npm = process.env.npm_execpath
  const args = ['pack', '--silent', '--pack-destination', resolve(vendor)]
  const [program, ...rest] = npm?.endsWith('.js') ? [process.execPath, npm, ...args] : ['npm', ...args]
  try {
    const { stdout } = await promisify(execFile)(program as string, rest, { cwd: folder })
    return stdout.trim().split('\n').at(-1) ?? ''
  } catch (error) {
    throw new UserError(`npm pack failed in ${folder}: ${reasonOf(error)}`)
  }
}
