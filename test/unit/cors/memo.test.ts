import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { Memo } from '../../../src/cors/memo.ts'

test('a memo keeps nothing of a text that only an attacker sends', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const memo = new Memo<object>(10)
  const kept = [512, 513].map(length => {
    const value = {}
    memo.set('x'.repeat(length), value)
    return new WeakRef(value)
  })
  // What a WeakRef was made of lives until the end of its task.
  await new Promise(done => setTimeout(done))
  collect()
  expect(kept.map(ref => ref.deref() !== undefined)).toEqual([true, false])
  expect(memo.get('x'.repeat(512))).toBe(kept[0]?.deref())
})
