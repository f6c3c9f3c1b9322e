/**
 * @module
 * `rules status`: compares the revisions of the edge, of KV and of the rules file.
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { rulesFolder } from '../files/files.ts'
import { hostOf } from '../files/source.ts'
import { readServer } from '../http/server-url.ts'
import { describePlace, type PlaceOptions, readDeployment } from '../kv/deployment.ts'
import { withKv } from '../kv/open.ts'
import { addPlaceOptions } from '../kv/place-options.ts'
import { wrap } from '../print/layout.ts'
import { print, printJson, style, table, visible } from '../print/terminal.ts'
import { askEdge, type EdgeAnswer } from '../status/ask-edge.ts'
import { distinguishingRequest, isAnswerOf, readFileSide, readKvSide } from '../status/sides.ts'
import { type Sentence, type Sides, verdictOn } from '../status/verdict.ts'
import { reasonOf, UserError } from '../user-error.ts'

interface StatusOptions extends PlaceOptions {
  edge: string
  host?: string
  file?: string
  asks: number
  json?: true
}

const MAX_ASKS = 100

export function addStatus(program: Command): void {
  const command = program
    .command('status')
    .summary('compare the revisions of the edge, of KV and of the rules file')
    .description(
      'Sends the edge a few preflights, which change nothing and reach no bucket. Compares the revision in its answers ' +
        '(needs DEBUG_REFUSALS=on) with the revisions of KV and of the rules file.',
    )
    .requiredOption('--edge <url>', 'the edge: https://host[:port][/prefix]')
    .option('--host <hostname>', 'the host to ask for (default: the host of the URL)')
    .option('--file <file>', 'the rules file (default: rules/<host>.xml or .json, where there is one)')
    .option('--asks <n>', 'number of preflights, because isolates may differ', asksOf, 5)
  addPlaceOptions(command)
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExample: npm run rules -- status --edge https://files.example.com --remote\n' +
        '\nExit code: 0 all have the same rules, 1 one is behind, ' +
        '2 the edge does not show its revision, or a problem with the call, a file, the network, wrangler or KV.',
    )
    .action(status)
}

function asksOf(text: string): number {
  const asks = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (asks >= 1 && asks <= MAX_ASKS) return asks
  throw new InvalidArgumentError(`Accepted: a whole number from 1 to ${MAX_ASKS}.`)
}

async function status(options: StatusOptions): Promise<void> {
  const base = readServer('--edge', options.edge)
  const { hostname } = new URL(base)
  const host = hostOf(options.host ?? hostname)
  const name = options.file ?? fileOf(host)
  const file = name === null ? null : await readFileSide(name)
  const deployment = await readDeployment(options)
  const kv = await withKv(deployment.place, kv => readKvSide(kv, deployment, host))
  const ask = (facts: Sides['asked']) => answerOf(base, host === hostname ? null : host, facts)
  const allowed = distinguishingRequest(kv.configuration, null, kv.dialect)
  const first = await ask(allowed)
  // An edge that shows its revision need not be asked a request that it may refuse, which its log would record.
  const showsRevision = first.revision !== null
  const asked = showsRevision
    ? allowed
    : distinguishingRequest(kv.configuration, file?.configuration ?? null, kv.dialect)
  const answers = showsRevision ? [first] : []
  while (answers.length < options.asks) answers.push(await ask(asked))
  const as = (rules: typeof kv.configuration) =>
    answers.map(answer => isAnswerOf(rules, kv.dialect, asked, answer)).find(same => same !== true) ??
    (rules === null ? null : true)
  const sides: Sides = {
    host,
    answers,
    kv,
    file,
    asked,
    isAsKv: as(kv.configuration),
    isAsFile: as(file?.configuration ?? null),
    ttlSeconds: deployment.settings.policyTtlSeconds,
    now: Date.now(),
  }
  const verdict = verdictOn(sides)
  const place = describePlace(deployment.place)
  if (options.json) printJson(statusJson(sides, base, place, verdict))
  else print(statusText(sides, base, place, verdict))
  const isBehind = verdict.some(({ behind }) => behind !== null)
  process.exitCode = isBehind ? 1 : verdict.length > 0 ? 2 : 0
}

const fileOf = (host: string): string | null =>
  ['xml', 'json'].map(extension => join(rulesFolder(), `${host}.${extension}`)).find(existsSync) ?? null

/** @throws {UserError} if there is no answer, or it is not from the edge */
async function answerOf(base: string, host: string | null, asked: Sides['asked']): Promise<EdgeAnswer> {
  const answer = await askEdge(base, host, asked).catch((error: unknown) => {
    const reason = visible(reasonOf(error)) || 'unknown error'
    throw new UserError(
      `${visible(base)}: no answer from the edge (${reason}). Check the URL and the network.`,
    )
  })
  if (answer.hasId || answer.source !== null) return answer
  throw new UserError(
    `${visible(base)}: HTTP ${answer.status} without the edge's request ID, so another server answers there. Check the URL, --host, and the Worker's route.`,
  )
}

interface Answers {
  readonly revision: string | null
  readonly answers: number
  readonly sources: readonly string[]
}

/** Groups the answers by revision, in the order in which they came. */
const groupByRevision = (answers: readonly EdgeAnswer[]): Answers[] =>
  [...Map.groupBy(answers, ({ revision }) => revision)].map(([revision, same]) => ({
    revision,
    answers: same.length,
    sources: [...new Set(same.flatMap(({ source }) => source ?? []))],
  }))

function statusText(
  { host, answers, kv, file }: Sides,
  base: string,
  place: string,
  verdict: readonly Sentence[],
): string {
  const equal =
    kv.state === 'nothing'
      ? `Edge and KV are equal: neither has rules for ${visible(host)}. To add rules, \`publish\` its rules file.`
      : 'All have the same rules.'
  const revision = (text: string | null) =>
    text === null ? 'revision not shown' : `revision ${visible(text)}`
  const rows = [
    ...groupByRevision(answers).map(group => [
      'edge',
      visible(base),
      revision(group.revision),
      `${group.answers} of ${answers.length} answers`,
      group.sources.join(', '),
    ]),
    ['KV', place, kvState(kv), kv.publishedAt ?? '', visible(kv.source ?? '')],
    ...(file === null ? [] : [['file', file.name, revision(file.revision), file.changedAt]]),
  ]
  const sentences =
    verdict.length === 0
      ? [style('green', wrap(equal))]
      : verdict.map(({ text, behind }) => style(behind === null ? 'yellow' : 'red', wrap(text)))
  return [table(rows), '', ...sentences].join('\n')
}

function kvState({ state, revision }: Sides['kv']): string {
  if (state === 'nothing') return 'no rules'
  if (revision === null) return "can't be used"
  return `revision ${visible(revision)}${state === 'default' ? ' (default)' : ''}`
}

function statusJson(
  { host, answers, kv, file, asked, isAsKv, isAsFile }: Sides,
  base: string,
  place: string,
  verdict: readonly Sentence[],
) {
  const { revision, state, publishedAt, source } = kv
  return {
    host,
    edge: { url: base, asked, answers: groupByRevision(answers), isAsKv, isAsFile },
    kv: { place, state, revision, publishedAt, source },
    file: file === null ? null : { name: file.name, revision: file.revision, changedAt: file.changedAt },
    verdict,
    equal: verdict.length === 0,
  }
}
