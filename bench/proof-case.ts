/**
 * @module
 * One case of proof-cases.ts in a process of its own: prints what it took.
 */

import { writeXml } from '../src/formats/xml.ts'
import { PROOF_CASES } from './proof-cases.ts'

const found = PROOF_CASES[process.argv[2] ?? '']
if (found === undefined) throw new Error(`There is no case ${process.argv[2]}.`)
const [file, upper] = found.pair()
const bytes = Math.max(...[file, upper].map(configuration => compact(writeXml(configuration)).length))
const before = process.cpuUsage()
const isRight = found.ask(file, upper)
const { user, system } = process.cpuUsage(before)
console.log(
  JSON.stringify({ isRight, bytes, ms: (user + system) / 1000, mib: process.resourceUsage().maxRSS / 1024 }),
)

/** A document of the bucket has no indentation. */
function compact(xml: string): string {
  return xml.replace(/>\s+</g, '><')
}
