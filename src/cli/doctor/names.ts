/**
 * @module
 * Variables and bindings that the Worker never reads, each with the nearest name that it does read.
 */

import { variableNames } from '../../settings/settings.ts'
import { visible } from '../print/terminal.ts'
import type { DeploymentFacts } from './config.ts'
import { type Diagnosis, error, warning } from './diagnosis.ts'

const BINDINGS = { kv_namespaces: 'RULES', services: 'BUCKET', analytics_engine_datasets: 'EVENTS' } as const
/** Kinds of bindings in a configuration that the Worker has no use for. */
const OTHER_KINDS = ['r2_buckets', 'd1_databases', 'vectorize', 'hyperdrive', 'mtls_certificates'] as const

/** Checks the names of variables and bindings. Names that only a project's own code can read are warnings. */
export function checkNames({ config, vars, place, isOwnWorker }: DeploymentFacts): Diagnosis[] {
  const unknown = isOwnWorker ? error : warning
  const known = variableNames()
  const found: Diagnosis[] = []
  for (const name of Object.keys(vars)) {
    if (known.secret.includes(name)) {
      const text = `${place}: ${name} is in [vars]. Everybody who reads the file has the secret.`
      found.push(
        warning('secret-in-vars', text, `Remove it, then run \`npm exec -- wrangler secret put ${name}\`.`),
      )
    } else if (!known.all.includes(name)) {
      const text = `${place}: the Worker does not read the variable ${visible(name)}.`
      found.push(unknown('variable-unknown', text, fixFor(name, known.all)))
    }
  }
  for (const [kind, binding] of Object.entries(BINDINGS)) {
    for (const { binding: name } of bindingsOf(config, kind)) {
      if (name === binding) continue
      const text = `${place}: the Worker does not read the binding ${visible(name)} of ${kind}.`
      found.push(unknown('binding-unknown', text, fixFor(name, [binding])))
    }
  }
  for (const kind of OTHER_KINDS) {
    for (const { binding: name } of bindingsOf(config, kind)) {
      const text = `${place}: the Worker does not read the binding ${visible(name)} of ${kind}.`
      found.push(unknown('binding-unknown', text, 'Remove it.'))
    }
  }
  return found
}

function bindingsOf(config: object, kind: string): { readonly binding: string }[] {
  const list: unknown = (config as Record<string, unknown>)[kind]
  return Array.isArray(list) ? list : []
}

function fixFor(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known)
  return nearest === null ? 'Remove it.' : `Rename it to ${nearest}, or remove it.`
}

/** Returns the known name with the smallest edit distance, or null if none is near. */
export function nearestName(name: string, known: readonly string[]): string | null {
  const [nearest] = known
    .map(candidate => ({ candidate, distance: distanceOf(name.toUpperCase(), candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance)
  return nearest?.candidate ?? null
}

/** Levenshtein's edit distance. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
