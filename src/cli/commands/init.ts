/**
 * @module
 * `init`: makes a project of the user's own.
 */

import { relative } from 'node:path'
import { type Command, Option } from 'commander'
import { DIALECTS } from '../../cors/dialect.ts'
import { type InitOptions, readAnswers } from '../init/answers.ts'
import { writeProject } from '../init/project.ts'
import { firstRules } from '../init/rules-file.ts'
import { print, shellWord } from '../print/terminal.ts'

export function addInit(program: Command): void {
  program
    .command('init')
    .summary('make a project for your own bucket')
    .description(
      'Writes package.json, wrangler.toml, rules/<host>.xml, a GitHub workflow and .gitignore. On a terminal, asks for ' +
        'what the options do not say. What is unknown becomes a name under .invalid, which doctor reports. ' +
        'With SECRET_ID and SECRET_KEY in the environment, the rules come from the bucket.',
    )
    .argument('[dir]', 'the folder of the project', '.')
    .option('--host <hostname>', 'the domain that pages use for the bucket')
    .option('--bucket <url>', "the bucket's own domain: https://host[:port][/prefix]")
    .addOption(
      new Option('--dialect <dialect>', 'the dialect of the bucket').choices(DIALECTS).default('cos'),
    )
    .option('--route', "keep the domain's DNS record at the bucket: a zone route, with ORIGIN=route")
    .option(
      '--zone <zone>',
      'the zone of the Cloudflare account, for --route and --mount (default: from the host)',
    )
    .option('--mount <path>', "serve the bucket below this path of the pages' own domain")
    .option('--staging [hostname]', 'also make [env.staging], on this domain (default: on workers.dev)')
    .option('--code', 'make a src/index.ts for code of your own around the Worker')
    .option('--force', 'replace existing files')
    .addHelpText(
      'after',
      '\nExample: npm run rules -- init my-edge --host files.example.com --bucket https://examplebucket-1250000000.cos.ap-beijing.myqcloud.com\n' +
        '\nExit code: 0 the project is written; 2 a problem with the call or a file, and nothing was replaced.',
    )
    .action(init)
}

async function init(dir: string, options: InitOptions): Promise<void> {
  const answers = await readAnswers(options)
  const { text, note } = await firstRules(answers)
  const files = await writeProject(dir, answers, text, options.force === true)
  const folder = relative(process.cwd(), dir)
  print(`Wrote ${files.map(file => (folder === '' ? file : `${folder}/${file}`)).join(', ')}.`)
  print(note)
  print('')
  print('Next, on this machine:')
  print(`  ${folder === '' ? '' : `cd ${quoted(folder)} && `}npm install`)
  print('  npm run rules -- publish --local && npm run dev')
  print('')
  print(
    'In production: npm run deploy, then npm run rules -- publish --remote. The first deployment creates the KV.',
  )
}

const quoted = (text: string): string => (/^[\w./-]+$/.test(text) ? text : shellWord(text))
