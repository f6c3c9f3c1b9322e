/**
 * @module
 * Shows that the rules of `starter --for` are enough and not more: each recorded client does its operations by them in
 * Chromium, then each entry is taken out, and an operation has to fail or to send other requests. Part of
 * `npm run test:deep`; `node tools/clients/minimal.ts [ID…]` takes some clients.
 */

import { existsSync } from 'node:fs'
import type { Client, ClientOperation } from '../../src/clients/client.ts'
import { CLIENTS } from '../../src/clients/clients.ts'
import { starterRules } from '../../src/clients/starter.ts'
import { type Configuration, METHODS, type Rule } from '../../src/cors/configuration.ts'
import { CHROMIUM, WHY_SKIPPED } from '../chromium.ts'
import { baselineOf, needOf } from './ablation.ts'
import { at } from './stage.ts'

if (CHROMIUM === undefined || !existsSync(at('node_modules'))) {
  console.log(
    CHROMIUM === undefined
      ? WHY_SKIPPED
      : 'The clients are skipped: they are not installed. `npm run clients:record` installs them.',
  )
  process.exit(0)
}

const { CATALOGUE } = await import('./catalogue.ts')
const { putFixtures } = await import('./fixtures.js')
const { startStage } = await import('./stage.ts')

/** A rule without one entry, and the operations that have to notice. */
interface Ablation {
  readonly entry: string
  readonly rule: Rule
  readonly operations: readonly ClientOperation[]
}

/** Response headers of the bucket in memory that a page could be given. */
const EVERYTHING = [
  ...['accept-ranges', 'content-range', 'content-encoding', 'date', 'etag', 'vary'],
  ...['amz', 'cos', 'oss'].flatMap(vendor => [
    `x-${vendor}-request-id`,
    `x-${vendor}-version-id`,
    `x-${vendor}-hash-crc64ecma`,
    `x-${vendor}-id-2`,
    `x-${vendor}-checksum-crc32`,
  ]),
]

const configurationOf = (rule: Rule): Configuration => ({ rules: [rule], responseVary: false })

const wanted = process.argv.slice(2)
const stage = await startStage()
let failures = 0
try {
  for (const client of CLIENTS.filter(({ id }) => wanted.length === 0 || wanted.includes(id))) {
    const problems = await check(client)
    failures += problems.length
    console.log(
      `${client.id}: ${problems.length === 0 ? 'enough, and every entry is needed' : problems.join('; ')}`,
    )
  }
} finally {
  await stage.close()
}
process.exitCode = failures === 0 ? 0 : 1

async function check(client: Client): Promise<string[]> {
  const entry = CATALOGUE.find(({ id }) => id === client.id)
  if (entry === undefined) return ['is not in the catalogue']
  const run = async ({ name }: ClientOperation, rules: Configuration) => {
    putFixtures(stage.bucket)
    stage.bucket.vendor(entry.vendor)
    return stage.run(entry.page ?? entry.id, name, rules, (await entry.prepare?.(stage.place)) ?? null)
  }
  const [rule] = starterRules([client], [stage.origin]).rules
  if (rule === undefined) return ['has no rule']
  const asked = { ...rule, maxAgeSeconds: 0 }
  const all = configurationOf({
    ...asked,
    allowedMethods: METHODS,
    allowedHeaders: ['*'],
    exposeHeaders: EVERYTHING,
  })
  const problems: string[] = []
  const baselines = new Map<ClientOperation, ReturnType<typeof baselineOf>>()
  for (const operation of client.operations) {
    const baseline = baselineOf(await run(operation, all), await run(operation, all))
    baselines.set(operation, baseline)
    const need = needOf(baseline, await run(operation, configurationOf(asked)))
    if (need?.need === 'required') problems.push(`${operation.name} ${need.without} by the rules of starter`)
  }
  if (problems.length > 0) return problems
  for (const { entry: taken, rule: less, operations } of ablationsOf(client, asked)) {
    let noticed = false
    for (const operation of operations) {
      const baseline = baselines.get(operation)
      if (
        baseline === undefined ||
        needOf(baseline, await run(operation, configurationOf(less)))?.need !== 'required'
      )
        continue
      noticed = true
      break
    }
    if (!noticed) problems.push(`no operation fails without ${taken}`)
  }
  return problems
}

function ablationsOf({ operations }: Client, rule: Rule): Ablation[] {
  const using = (uses: (operation: ClientOperation) => boolean) => operations.filter(uses)
  const without = <T>(list: readonly T[], entry: T): T[] => list.filter(each => each !== entry)
  const otherMethod = METHODS.filter(method => !rule.allowedMethods.includes(method)).slice(0, 1)
  return [
    {
      entry: 'the origin',
      rule: { ...rule, allowedOrigins: ['https://other.example'] },
      operations: operations.slice(0, 1),
    },
    ...rule.allowedMethods.map(method => {
      const rest = without(rule.allowedMethods, method)
      return {
        entry: method,
        // A rule has a method: where it had only this one, one that no operation sends.
        rule: { ...rule, allowedMethods: rest.length > 0 ? rest : otherMethod },
        operations: using(({ requests }) => requests.some(request => request.method === method)),
      }
    }),
    ...rule.allowedHeaders.map(name => ({
      entry: name,
      rule: { ...rule, allowedHeaders: without(rule.allowedHeaders, name) },
      operations: using(({ requests }) => requests.some(({ headers }) => headers.includes(name))),
    })),
    ...rule.exposeHeaders.map(name => ({
      entry: `exposed ${name}`,
      rule: { ...rule, exposeHeaders: without(rule.exposeHeaders, name) },
      operations: using(({ reads }) =>
        reads.some(({ header, need }) => header === name && need === 'required'),
      ),
    })),
  ]
}
