/**
 * @module
 * What `init` needs to know of a project: from the options, and on a terminal from the user.
 */

import { createInterface } from 'node:readline/promises'
import type { DialectName } from '../../cors/dialect.ts'
import { MOUNT } from '../../settings/mount.ts'
import { hostOf } from '../files/source.ts'
import { readServer } from '../http/server-url.ts'
import { isInteractive, print, visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'

export interface InitOptions {
  host?: string
  bucket?: string
  dialect: DialectName
  route?: true
  zone?: string
  mount?: string
  staging?: string | true
  code?: true
  force?: true
}

/** How requests reach the Worker. */
export type RouteKind =
  /** The Worker is the origin of the domain. */
  | 'custom-domain'
  /** The domain stays the bucket's; requests go on to it. ORIGIN is `route`. */
  | 'zone'
  /** A path of the pages' own domain. */
  | 'mount'

export interface InitAnswers {
  readonly host: string
  /** The bucket's own URL. Unused if `kind` is `zone`. */
  readonly bucket: string
  readonly dialect: DialectName
  readonly kind: RouteKind
  /** The zone of the Cloudflare account, for `zone` and `mount`. */
  readonly zone: string
  /** With a leading slash. Empty unless `kind` is `mount`. */
  readonly mount: string
  /** The host of the staging environment; empty for workers.dev; null without that environment. */
  readonly staging: string | null
  readonly hasCode: boolean
}

/** What is not known yet. Names under .invalid never resolve (RFC 2606), and `doctor` reports them. */
export const UNKNOWN_HOST = 'files.invalid'
export const UNKNOWN_BUCKET = 'https://bucket.invalid'

/** Reads the options, and asks for what is missing. @throws {UserError} for an invalid answer */
export async function readAnswers(options: InitOptions): Promise<InitAnswers> {
  if (options.route && options.mount !== undefined)
    throw new UserError(
      '--route and --mount exclude each other: with --mount, the bucket keeps its own domain.',
    )
  const kind: RouteKind = options.mount !== undefined ? 'mount' : options.route ? 'zone' : 'custom-domain'
  const asked = await ask([
    ...(options.host === undefined
      ? [['host', `Domain that pages use for the bucket, such as files.example.com: `] as const]
      : []),
    ...(options.bucket === undefined && kind !== 'zone'
      ? [
          [
            'bucket',
            "URL of the bucket's own domain, such as https://<bucket>.s3.<region>.amazonaws.com: ",
          ] as const,
        ]
      : []),
  ])
  const host = hostOf(options.host ?? asked.get('host') ?? UNKNOWN_HOST)
  const bucket = options.bucket ?? asked.get('bucket') ?? UNKNOWN_BUCKET
  const mount = options.mount ?? ''
  if (kind === 'mount' && !MOUNT.read(mount))
    throw new UserError(`--mount: "${visible(mount)}" is not valid. Accepted: ${MOUNT.accepted}.`)
  return {
    host,
    bucket: readServer('--bucket', bucket),
    dialect: options.dialect,
    kind,
    zone: options.zone === undefined ? zoneOf(host) : hostOf(options.zone),
    mount,
    staging: options.staging === undefined ? null : options.staging === true ? '' : hostOf(options.staging),
    hasCode: options.code === true,
  }
}

/** The zone is most often the last two labels. `doctor` and wrangler reject a wrong one. */
const zoneOf = (host: string): string => host.split('.').slice(-2).join('.')

/** Asks the questions on a terminal. An empty answer, and no terminal, leave it out. */
async function ask(questions: readonly (readonly [string, string])[]): Promise<Map<string, string>> {
  const answers = new Map<string, string>()
  if (questions.length === 0 || !isInteractive()) return answers
  print('Press Enter to skip a question. doctor reports what is missing.')
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  const closed = new Promise<string>(resolve => lines.once('close', () => resolve('')))
  try {
    for (const [name, question] of questions) {
      const answer = (await Promise.race([lines.question(question), closed])).trim()
      if (answer !== '') answers.set(name, answer)
    }
  } finally {
    lines.close()
  }
  return answers
}
