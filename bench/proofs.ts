/**
 * @module
 * What a proof and a comparison cost at the limits of a document. Each case runs in a process of its own, which must give
 * the right answer.
 */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { PROOF_CASES } from './proof-cases.ts'
import { median, type Row } from './rows.ts'

const ROUNDS = 3
const MAX_BYTES = 65_536

interface Taken {
  readonly isRight: boolean
  readonly bytes: number
  readonly ms: number
  readonly mib: number
}

export async function proofRows(): Promise<Row[]> {
  return Object.entries(PROOF_CASES).map(([name, { mostMs }]) => {
    const taken = Array.from({ length: ROUNDS }, (): Taken => {
      const out = execFileSync(process.execPath, ['bench/proof-case.ts', name], { encoding: 'utf8' })
      return JSON.parse(out)
    })
    for (const { isRight, bytes } of taken)
      assert.ok(isRight && bytes <= MAX_BYTES, `${name}: ${bytes} bytes`)
    const ms = median(taken.map(each => each.ms))
    const mib = median(taken.map(each => each.mib))
    return {
      ...{ group: 'proofs', name, figure: `${ms.toFixed(0)} ms of CPU, ${mib.toFixed(0)} MiB` },
      ...{ ratio: null, over: '', goal: { most: mostMs, unit: 'ms' }, measured: ms },
    }
  })
}
