/**
 * @module
 * The certificate of a proof: which rule covers which, so that scripts/check-certificate.ts can verify the claim against the
 * two files alone. Rules and patterns are counted from 0; methods are a mask with one bit for each of METHODS, in order.
 */

import type { Configuration } from '../cors/configuration.ts'
import type { Witnesses } from '../cors/widening.ts'
import { within } from '../cors/within.ts'

export type AccessRow = readonly [rule: number, methods: number, origins: readonly number[], by: number]
export type CredentialsRow =
  | readonly [rule: number, methods: number, stars: readonly number[], where: 'file', by: number]
  | readonly [rule: number, methods: number, stars: readonly number[], origins: readonly number[], by: number]

export interface Certificate {
  readonly version: 1
  /** SHA-256 of the two configurations, as `canonicalText` writes them. */
  readonly file: string
  readonly upper: string
  readonly access: readonly AccessRow[]
  readonly credentials: readonly CredentialsRow[]
}

/** Returns the certificate that `file` stays within `upper`, null if the proof does not hold. */
export async function certificateOf(file: Configuration, upper: Configuration): Promise<Certificate | null> {
  const steps = new Steps()
  if (within(file, upper, { witnesses: steps }).holds !== true) return null
  const [ofFile, ofUpper] = await Promise.all([sha256(canonicalText(file)), sha256(canonicalText(upper))])
  return {
    version: 1,
    file: ofFile,
    upper: ofUpper,
    access: steps.accessRows(),
    credentials: steps.credentialsRows(),
  }
}

/** What of a configuration a proof is about: JSON of `[origins, methods, headers in lower case]` of each rule. */
export const canonicalText = ({ rules }: Configuration): string =>
  JSON.stringify(
    rules.map(rule => [
      rule.allowedOrigins,
      rule.allowedMethods,
      rule.allowedHeaders.map(name => name.toLowerCase()),
    ]),
  )

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, '0')).join('')
}

/** Steps with one number each that are joined where all else is equal. */
class Joined<K extends readonly unknown[]> {
  readonly #rows = new Map<string, { key: K; values: Set<number> }>()

  add(key: K, value: number): void {
    const text = JSON.stringify(key)
    const row = this.#rows.get(text) ?? { key, values: new Set() }
    row.values.add(value)
    this.#rows.set(text, row)
  }

  list(): { key: K; values: number[] }[] {
    return [...this.#rows.values()].map(({ key, values }) => ({ key, values: [...values] }))
  }
}

const maskOf = (masks: readonly number[]): number => masks.reduce((all, mask) => all | mask, 0)

/** Collects the steps of a proof and joins them: methods, then origins, then star rules. */
class Steps implements Witnesses {
  readonly #access = new Joined<readonly [rule: number, origin: number, by: number]>()
  readonly #byFile = new Joined<readonly [rule: number, open: number, by: number]>()
  readonly #byUpper = new Joined<readonly [rule: number, open: number, origin: number, by: number]>()

  access(rule: number, method: number, origin: number, by: number): void {
    this.#access.add([rule, origin, by], method)
  }

  accessRows(): AccessRow[] {
    const joined = new Joined<readonly [rule: number, methods: number, by: number]>()
    for (const { key, values } of this.#access.list()) joined.add([key[0], maskOf(values), key[2]], key[1])
    return joined.list().map(({ key, values }) => [key[0], key[1], values, key[2]] as const)
  }

  fromFile(rule: number, method: number, open: number, by: number): void {
    this.#byFile.add([rule, open, by], method)
  }

  fromUpper(rule: number, method: number, open: number, origin: number, by: number): void {
    this.#byUpper.add([rule, open, origin, by], method)
  }

  credentialsRows(): CredentialsRow[] {
    const byFile = new Joined<readonly [rule: number, methods: number, by: number]>()
    for (const { key, values } of this.#byFile.list()) byFile.add([key[0], maskOf(values), key[2]], key[1])
    const byOrigins = new Joined<readonly [rule: number, methods: number, open: number, by: number]>()
    for (const { key, values } of this.#byUpper.list())
      byOrigins.add([key[0], maskOf(values), key[1], key[3]], key[2])
    const byUpper = new Joined<
      readonly [rule: number, methods: number, origins: readonly number[], by: number]
    >()
    for (const { key, values } of byOrigins.list()) byUpper.add([key[0], key[1], values, key[3]], key[2])
    return [
      ...byFile.list().map(({ key, values }) => [key[0], key[1], values, 'file', key[2]] as const),
      ...byUpper.list().map(({ key, values }) => [key[0], key[1], values, key[2], key[3]] as const),
    ]
  }
}
