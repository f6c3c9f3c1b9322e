/**
 * @module
 * Folders with the packed package installed, as a user has them. The packages come from npm's cache, by the integrity
 * in package-lock.json: after `npm ci`, no network is needed.
 */

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

interface LockEntry {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export interface Result {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a program to its end. */
export const run = (
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Result> =>
  new Promise(done => {
    const { NO_COLOR: _no, FORCE_COLOR: _force, ...inherited } = process.env
    // What npm tells the tests' own process would lead the child's npm to this folder.
    const clean = Object.fromEntries(
      Object.entries(inherited).filter(([name]) => !/^npm_|^INIT_CWD$/.test(name)),
    )
    const options = { cwd, env: { ...clean, ...env } as NodeJS.ProcessEnv, maxBuffer: 64 * 1024 * 1024 }
    const child = execFile(program, args, options, (error, out, err) =>
      done({ code: error === null ? 0 : Number(error.code ?? -1), out, err }),
    )
    child.stdin?.end()
  })

/** Packs the package as `npm pack` does, prepack included. Returns the tarball's path. */
export async function pack(folder: string): Promise<string> {
  const { code, out, err } = await run('npm', ['pack', '--json', '--pack-destination', folder], process.cwd())
  if (code !== 0) throw new Error(`npm pack: ${err}`)
  const [{ filename }] = JSON.parse(out.slice(out.indexOf('[\n'))) as [{ filename: string }]
  return join(folder, filename)
}

const lock = () =>
  (JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, LockEntry> }).packages

/** The entries that packages need, with all that they depend on. */
function closure(names: readonly string[]): Record<string, LockEntry> {
  const packages = lock()
  const found: Record<string, LockEntry> = {}
  const add = (name: string, from: string) => {
    for (let folder = from; ; folder = folder.replace(/(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+$/, '')) {
      const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
      const entry = packages[path]
      if (entry !== undefined) {
        if (found[path] !== undefined) return
        const { dev: _dev, ...rest } = entry as LockEntry & { dev?: boolean }
        found[path] = rest
        for (const next of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }))
          add(next, path)
        return
      }
      if (folder === '') return
    }
  }
  for (const name of names) add(name, '')
  return found
}

/**
 * Installs what the folder's package.json says: `edge-preflight` from the tarball, and the rest by the lock file. The
 * tools of development are links to this repository's own.
 */
export async function install(folder: string, tarball: string): Promise<void> {
  const described = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string
    dependencies: Record<string, string>
    devDependencies?: Record<string, string>
  }
  const own = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, unknown> & {
    dependencies: Record<string, string>
  }
  const tools = Object.keys(described.devDependencies ?? {})
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`
  const dev = Object.fromEntries(
    Object.entries(closure(tools)).map(([path, entry]) => [path, { ...entry, dev: true }]),
  )
  const packages = {
    '': described,
    ...dev,
    ...closure(Object.keys(own.dependencies)),
    'node_modules/edge-preflight': {
      version: own.version,
      resolved: described.dependencies['edge-preflight'],
      integrity,
      dependencies: own.dependencies,
      peerDependencies: own.peerDependencies,
      peerDependenciesMeta: own.peerDependenciesMeta,
      bin: own.bin,
    },
  }
  const { name } = described
  writeFileSync(
    join(folder, 'package-lock.json'),
    JSON.stringify({ name, lockfileVersion: 3, requires: true, packages }),
  )
  const args = ['ci', '--prefer-offline', '--omit=dev', '--no-audit', '--no-fund', '--ignore-scripts']
  const { code, err } = await run('npm', args, folder)
  if (code !== 0) throw new Error(`npm ci in ${folder}: ${err}`)
  const bin = join(folder, 'node_modules/.bin')
  mkdirSync(bin, { recursive: true })
  for (const tool of tools) {
    const link = join(folder, 'node_modules', tool)
    const program = resolve('node_modules/.bin', basename(tool))
    for (const place of [link, join(bin, basename(tool))]) rmSync(place, { recursive: true, force: true })
    symlinkSync(resolve('node_modules', tool), link)
    if (existsSync(program)) symlinkSync(program, join(bin, basename(tool)))
  }
}
