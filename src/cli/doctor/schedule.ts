/**
 * @module
 * The compatibility date, the cron triggers and the KV id, which `wrangler deploy --dry-run` does not check.
 */

import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { visible } from '../print/terminal.ts'
import type { DeploymentFacts } from './config.ts'
import { type Diagnosis, error, warning } from './diagnosis.ts'

/** The date that the Worker is tested with. */
export const TESTED_DATE = '2026-10-20'

/** Checks dates, crons, the KV id and the Worker's file. */
export const checkSchedule = (facts: DeploymentFacts, now: Date): Diagnosis[] => [
  ...compatibility(facts, now),
  ...crons(facts),
  ...kvIds(facts),
  ...workerFile(facts),
]

function compatibility({ config, place }: DeploymentFacts, now: Date): Diagnosis[] {
  const date = config.compatibility_date ?? ''
  const fix = `Write compatibility_date = "${TESTED_DATE}".`
  const found: Diagnosis[] = []
  if (date > now.toISOString().slice(0, 10))
    found.push(
      error(
        'date-in-future',
        `${place}: compatibility_date "${visible(date)}" is in the future. Cloudflare rejects it.`,
        fix,
      ),
    )
  else if (date < TESTED_DATE)
    found.push(
      warning(
        'date-untested',
        `${place}: compatibility_date "${visible(date)}" is older than the tested ${TESTED_DATE}. Paths may reach the bucket changed.`,
        fix,
      ),
    )
  for (const flag of config.compatibility_flags ?? [])
    found.push(
      warning(
        'flag-untested',
        `${place}: the Worker is not tested with the compatibility flag "${visible(flag)}".`,
        'Remove it.',
      ),
    )
  return found
}

function crons({ config, vars, place }: DeploymentFacts): Diagnosis[] {
  const list = config.triggers?.crons ?? []
  const isSynced = String(vars.SYNC ?? '').includes('cron')
  const invalid = list
    .filter(cron => !isCron(cron))
    .map(cron =>
      error(
        'cron-invalid',
        `${place}: the cron "${visible(cron)}" is not valid.`,
        'Write five fields, such as "*/5 * * * *".',
      ),
    )
  if (isSynced && list.length === 0)
    return [
      error(
        'cron-missing',
        `${place}: SYNC has cron, but there are no crons. The rules are never synchronised.`,
        'Add [triggers] with crons = ["*/5 * * * *"].',
      ),
    ]
  if (!isSynced && list.length > 0)
    return [
      ...invalid,
      warning(
        'cron-unused',
        `${place}: there are crons, but SYNC does not have cron. Each run does nothing.`,
        'Add SYNC = "cron", or remove the crons.',
      ),
    ]
  return invalid
}

/** minute, hour, day of the month, month, day of the week (1 to 7 or names); Cloudflare's extensions L, W and #. */
const FIELDS: readonly (readonly [from: number, to: number, extra: RegExp | null])[] = [
  [0, 59, null],
  [0, 23, null],
  [1, 31, /^(?:L|LW|\d{1,2}W)$/i],
  [1, 12, /^(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)$/i],
  [1, 7, /^(?:SUN|MON|TUE|WED|THU|FRI|SAT|[1-7]L|[1-7]#[1-5])$/i],
]

/** True for a cron expression that Cloudflare accepts (Workers documentation, "Cron Triggers"). */
export function isCron(text: string): boolean {
  const fields = text.trim().split(/\s+/)
  return (
    fields.length === FIELDS.length &&
    fields.every((field, at) => field.split(',').every(part => isPart(part, at)))
  )
}

function isPart(part: string, at: number): boolean {
  const [from, to, extra] = FIELDS[at] ?? [0, 0, null]
  const isValue = (text: string) =>
    extra?.test(text) === true || (/^\d{1,2}$/.test(text) && Number(text) >= from && Number(text) <= to)
  const [range = '', step, ...rest] = part.split('/')
  if (rest.length > 0 || (step !== undefined && !(/^\d{1,2}$/.test(step) && Number(step) > 0))) return false
  if (range === '*') return true
  const ends = range.split('-')
  return (
    ends.length <= 2 &&
    ends.every(isValue) &&
    (ends.length === 1 || !ends.every(end => /^\d+$/.test(end)) || Number(ends[0]) <= Number(ends[1]))
  )
}

const kvIds = ({ config, place }: DeploymentFacts): Diagnosis[] =>
  (config.kv_namespaces ?? []).flatMap(({ binding, id }) =>
    id === undefined || id === '' || /^[0-9a-f]{32}$/i.test(id)
      ? []
      : [
          error(
            'kv-id-invalid',
            `${place}: the id "${visible(id)}" of ${visible(binding)} is not a KV namespace id.`,
            'Remove the id, or copy one from `npm exec -- wrangler kv namespace list`.',
          ),
        ],
  )

function workerFile({ config, place, folder }: DeploymentFacts): Diagnosis[] {
  const { main } = config
  if (main === undefined)
    return [
      error(
        'main-missing',
        `${place}: main is not set.`,
        'Write main = "node_modules/edge-preflight/dist/index.js" and no_bundle = true.',
      ),
    ]
  if (existsSync(main)) return []
  return [
    error(
      'main-missing',
      `${place}: the file "${visible(relative(folder, main))}" of main does not exist.`,
      'Run `npm install`.',
    ),
  ]
}
