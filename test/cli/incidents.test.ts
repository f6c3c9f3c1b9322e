/**
 * The incidents of docs/troubleshooting.md, walked as the document says: each quoted line is pasted, each command is run,
 * its exit code and the lines shown are compared.
 */

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Project } from './rules.ts'

const document = readFileSync('docs/troubleshooting.md', 'utf8')
const chapter = document.slice(document.indexOf('\n## Six incidents'), document.indexOf('\n## The messages'))
const rules = /```xml\n([\s\S]*?)```/.exec(chapter)?.[1] ?? ''

interface IncidentStep {
  readonly args: readonly string[]
  readonly code: number
  readonly lines: readonly string[]
}
type Part = { readonly paste: string } | { readonly steps: readonly IncidentStep[] }

/** The quotes and the code blocks of a section, in their order. */
function partsOf(section: string): Part[] {
  return [...section.matchAll(/((?:^> .*\n)+)|^```\n([\s\S]*?)^```/gm)].map(([, quoted, block = '']) =>
    quoted === undefined ? { steps: stepsOf(block) } : { paste: quoted.replace(/^> /gm, '') },
  )
}

const stepsOf = (block: string): IncidentStep[] =>
  block
    .split(/^\$ npm run rules -- /m)
    .slice(1)
    .map(text => {
      const [command = '', ...lines] = text.split('\n')
      const [, words = '', code] = /^(.*?) {2}# exit (\d)$/.exec(command) ?? []
      return {
        args: words.split(' '),
        code: Number(code),
        lines: lines.filter(line => line !== '' && line !== '…'),
      }
    })

const incidents = chapter
  .split('\n### ')
  .slice(1)
  .map(section => [section.slice(0, section.indexOf('\n')), partsOf(section)] as const)

describe('docs/troubleshooting.md', () => {
  test('has six incidents', () => {
    expect(incidents).toHaveLength(6)
  })

  test.each(incidents)('walks %s from the red line to the fix', async (_name, parts) => {
    const project = new Project({ 'rules/files.example.com.xml': rules })
    let steps = 0
    try {
      for (const part of parts) {
        if ('paste' in part) project.write('error.txt', part.paste)
        else
          for (const { args, code, lines } of part.steps) {
            steps++
            const run = await project.run(args)
            const shown = `${run.out}${run.err}`
            expect([args.join(' '), run.code]).toEqual([args.join(' '), code])
            // A line of the document may end early, with an ellipsis.
            for (const line of lines) expect(shown).toContain(line.replace(/ ?…$/, ''))
          }
      }
    } finally {
      project.remove()
    }
    expect(steps).toBeGreaterThan(0)
  })
})
