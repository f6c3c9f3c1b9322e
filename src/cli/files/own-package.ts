/**
 * @module
 * The package that this command line belongs to: the repository, or an installed package.
 */

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface OwnPackage {
  readonly folder: string
  readonly version: string
  /** Package name → version of the tools that a project needs: from devDependencies, which npm keeps in a tarball. */
  readonly tools: Readonly<Record<string, string>>
}

/** Reads the package.json above this file. Throws if it is missing: a programmer error. */
export function ownPackage(): OwnPackage {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  const { version, devDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly version: string
    readonly devDependencies: Readonly<Record<string, string>>
  }
  return { folder, version, tools: devDependencies }
}
