/**
 * @module
 * The results of a proof: where a configuration goes beyond another, or the steps that show that it does not.
 */

import { METHODS, type Method } from './configuration.ts'
import type { CorsRequest } from './request.ts'

export type Claim = 'access' | 'credentials'

/** A rule of the first configuration that goes beyond the second one. */
export interface Widening {
  readonly claim: Claim
  /** Position of the rule, counted from 0. */
  readonly rule: number
  /** Its origin patterns that go beyond, and their methods. Of credentials, the first that was found. */
  readonly origins: readonly string[]
  readonly methods: readonly Method[]
  /** One such request: `decide` has confirmed it on both sides. */
  readonly request: CorsRequest
}

/** Receives each step of a proof that holds. */
export interface Witnesses {
  /** Rule `by` of the second configuration allows all requests of this origin pattern, method and rule. */
  access(rule: number, method: number, origin: number, by: number): void
  /**
   * No request of this rule and method that the star rule `open` of the second configuration (-1 for none) matches too gets
   * credentials from it: rule `by` of the first configuration answers them earlier, without credentials.
   */
  fromFile(rule: number, method: number, open: number, by: number): void
  /** Rule `by` of the second configuration gives them credentials, before its rule `open`, for this origin pattern. */
  fromUpper(rule: number, method: number, open: number, origin: number, by: number): void
}

/** The bit of a method in a certificate's mask. */
export const maskOf = (method: Method): number => 1 << METHODS.indexOf(method)
