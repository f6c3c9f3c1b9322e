/**
 * @module
 * The package.json of a made project: new, or an existing one with what it lacks.
 */

import type { OwnPackage } from '../files/own-package.ts'
import { UserError } from '../user-error.ts'

const SCRIPTS = {
  dev: 'wrangler dev',
  rules: 'edge-preflight',
  doctor: 'edge-preflight doctor',
  deploy: 'edge-preflight deploy',
}

type Json = Record<string, unknown>

/**
 * Returns the package.json.
 *
 * @param existing the text of the existing file, or null
 * @param name the name of a new project
 * @param spec the version, or the `file:` of a tarball, of this package
 * @throws {UserError} if the existing file is not a JSON object
 */
export function packageJson(existing: string | null, name: string, spec: string, own: OwnPackage): string {
  const made = parse(existing) ?? {
    name: name.replace(/[^a-z0-9._-]+/gi, '-').toLowerCase(),
    private: true,
    type: 'module',
  }
  const merge = (key: string, values: Readonly<Record<string, unknown>>) => {
    made[key] = { ...values, ...(made[key] as Json | undefined) }
  }
  merge('scripts', SCRIPTS)
  merge('dependencies', { 'edge-preflight': spec })
  const { wrangler, node } = own.tools
  merge('devDependencies', { ...(node === undefined ? {} : { node }), wrangler })
  // npm asks before it runs these install scripts.
  merge('allowScripts', { esbuild: true, node: true, workerd: true })
  return `${JSON.stringify(made, null, 2)}\n`
}

function parse(text: string | null): Json | null {
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  } catch {}
  throw new UserError('package.json is not a JSON object. Correct it, or choose another folder.')
}
