/**
 * @module
 * The settings of `npm start`: PORT, PAGE_PORT and STATE_DIR of the environment, and no setting of the Worker. A developer's `.dev.vars` may name a real bucket, which the demo must never write to.
 */

import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DemoKey } from './seed.ts'

/** An error that the person who ran `npm start` can correct; printed without a stack trace. */
export class UserError extends Error {}

export function readPort(name: string, fallback: number): number {
  const text = process.env[name] ?? String(fallback)
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new UserError(`${name} is "${text}", but a port is a number from 1 to 65535.`)
  }
  return port
}

/** Reads the key pair of the demo bucket from its own settings. */
export async function readDemoKey(root: string): Promise<DemoKey> {
  const settings = await readFile(join(root, 'demo/wrangler.toml'), 'utf8')
  const secretId = /^DEMO_SECRET_ID = "(.+)"$/m.exec(settings)?.[1]
  const secretKey = /^DEMO_SECRET_KEY = "(.+)"$/m.exec(settings)?.[1]
  if (!secretId || !secretKey)
    throw new UserError('demo/wrangler.toml lacks DEMO_SECRET_ID or DEMO_SECRET_KEY.')
  return { secretId, secretKey }
}

/** Files from which wrangler would take settings of the Worker, in the folders of both wrangler.toml files. */
const LOCAL_FILES = ['.dev.vars', '.dev.vars.local', '.env', '.env.local', '.env.local.local']

/** Returns the files with local settings that exist, and that `npm start` ignores. */
export const ignoredFiles = (root: string): string[] =>
  ['', 'demo/'].flatMap(folder =>
    LOCAL_FILES.map(file => `${folder}${file}`).filter(file => existsSync(join(root, file))),
  )

/** Variables that configure wrangler, or that it may pass on to the Worker. */
const FOR_WRANGLER = /^(?:CLOUDFLARE|CF|WRANGLER|MINIFLARE)_/

/** Returns the environment of the processes that `npm start` runs. */
export function environment(stateDir: string): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !FOR_WRANGLER.test(name))
  return {
    ...Object.fromEntries(others),
    CLOUDFLARE_INCLUDE_PROCESS_ENV: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    // Two demos on one machine would otherwise find each other's bucket by its name.
    WRANGLER_REGISTRY_PATH: join(stateDir, 'registry'),
    WRANGLER_LOG_PATH: join(stateDir, 'logs'),
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    // `npm start` reads the traffic from the log.
    WRANGLER_LOG: 'log',
    FORCE_COLOR: '0',
    NO_COLOR: '1',
  }
}

/** Makes the empty file that takes the place of every file with local settings. wrangler requires that it exists. */
export async function makeEmptyEnvFile(stateDir: string): Promise<string> {
  const file = join(stateDir, 'empty.env')
  await mkdir(stateDir, { recursive: true })
  await writeFile(file, '')
  return file
}
