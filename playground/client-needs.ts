/**
 * @module
 * What the rules lack for a recorded client, and the change that adds it.
 */

import type { Client } from '../src/clients/client.ts'
import { clientOf } from '../src/clients/clients.ts'
import { missingFor } from '../src/clients/needs.ts'
import type { Configuration, Method, Rule } from '../src/cors/configuration.ts'
import type { Finding } from '../src/cors/findings.ts'
import type { Change, Step } from '../src/explain/smallest-change.ts'

export interface ClientNeeds {
  readonly client: Client
  /** Without these, an operation fails or sends other requests. */
  readonly required: readonly Finding[]
  /** Without these, an operation loses a part of its result. */
  readonly optional: readonly Finding[]
}

/** Returns null without a client of this ID, or without rules for any origin. */
export function clientNeeds(configuration: Configuration, id: string): ClientNeeds | null {
  const client = clientOf(id)
  if (client === null || configuration.rules.length === 0) return null
  const missing = missingFor(configuration, client)
  return {
    client,
    required: missing.filter(({ severity }) => severity === 'error'),
    optional: missing.filter(({ severity }) => severity === 'warning'),
  }
}

/** Returns the change that adds what is missing, each entry to the rule that lacks it. */
export function addMissing(configuration: Configuration, missing: readonly Finding[]): Change {
  const steps = missing.map(stepOf)
  const rules = configuration.rules.map((rule, at) =>
    steps.filter(step => step.rule === at + 1).reduce(withStep, rule),
  )
  return { steps, configuration: { ...configuration, rules }, alsoAllows: [], warnings: [] }
}

type Addition = Extract<Step, { readonly kind: 'add-method' | 'add-header' | 'add-expose' }>

function stepOf({ code, path, value }: Finding): Addition {
  const rule = Number(/^CORSRule\[(\d+)\]/.exec(path)?.[1])
  if (code === 'client-method-missing') return { kind: 'add-method', rule, value: value as Method }
  return { kind: code === 'client-header-missing' ? 'add-header' : 'add-expose', rule, value }
}

function withStep(rule: Rule, step: Addition): Rule {
  switch (step.kind) {
    case 'add-method':
      return { ...rule, allowedMethods: [...rule.allowedMethods, step.value] }
    case 'add-header':
      return { ...rule, allowedHeaders: [...rule.allowedHeaders, step.value] }
    case 'add-expose':
      return { ...rule, exposeHeaders: [...rule.exposeHeaders, step.value] }
  }
}
