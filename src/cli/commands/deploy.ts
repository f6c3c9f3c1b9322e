/**
 * @module
 * `deploy`: the offline part of `doctor`, then `wrangler deploy`.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Command } from 'commander'
import { diagnosisLine, diagnosisSummary } from '../doctor/report.ts'
import { checkOffline } from '../doctor/run.ts'
import { wranglerFile } from '../kv/wrangler.ts'
import { printError } from '../print/terminal.ts'

interface DeployOptions {
  env?: string
  config?: string
}

export function addDeploy(program: Command): void {
  program
    .command('deploy')
    .summary('check the configuration, then upload the Worker')
    .description(
      'Runs the offline checks of doctor. If none is an error, runs `wrangler deploy` with all other options.',
    )
    .option('-e, --env <environment>', 'an environment of wrangler.toml (default: the top level)')
    .option('-c, --config <file>', 'the configuration file (default: the nearest wrangler.toml)')
    .argument('[options...]', 'options of `wrangler deploy`, such as --dry-run')
    .allowUnknownOption()
    .addHelpText(
      'after',
      '\nExample: npm run rules -- deploy --env staging --dry-run\n' +
        '\nExit code: 1 the configuration has errors, and nothing was uploaded; 2 the check is not possible; ' +
        "otherwise wrangler's.",
    )
    .action(deploy)
}

async function deploy(wranglerOptions: string[], { env = '', config }: DeployOptions): Promise<void> {
  const { facts, diagnoses } = await checkOffline(env, config)
  const findings = diagnoses.filter(({ status }) => status !== 'ok')
  for (const finding of findings) printError(diagnosisLine(finding))
  if (facts === null || findings.some(({ status }) => status === 'error')) {
    printError(`${diagnosisSummary(findings)} Nothing was uploaded.`)
    process.exitCode = 1
    return
  }
  // Without --env, wrangler warns if there are environments: an empty one is the top level.
  const args = [
    wranglerFile(),
    'deploy',
    '--config',
    facts.config.configPath ?? '',
    '--env',
    env,
    ...wranglerOptions,
  ]
  const [code] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit')
  process.exitCode = typeof code === 'number' ? code : 1
}
