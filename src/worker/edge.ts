/**
 * @module
 * The state that an isolate holds for an environment: its settings, and the policies of its hosts.
 */

import { Policies } from '../rules/policies.ts'
import { readHostSettings } from '../settings/host-settings.ts'
import { type Env, readSettings, type Settings } from '../settings/settings.ts'
import type { SettingProblem } from '../settings/values.ts'
import { Events } from '../telemetry/events.ts'
import { log } from '../telemetry/log.ts'

export interface Edge {
  readonly env: Env
  readonly settings: Settings
  /** Why no request can be answered; empty if the settings are usable. */
  readonly problems: readonly SettingProblem[]
  readonly policies: Policies
  readonly events: Events
}

const edges = new WeakMap<Env, Edge>()

/** Returns the edge of an environment. The first request makes it: an environment does not change. */
export function edgeOf(env: Env): Edge {
  let edge = edges.get(env)
  if (edge === undefined) {
    edge = makeEdge(env)
    edges.set(env, edge)
  }
  return edge
}

function makeEdge(env: Env): Edge {
  const { settings, problems } = readSettings(env)
  const policies = new Policies({
    // Without the binding, every request is answered with an error before this is used.
    kv: env.RULES as KVNamespace,
    ttlSeconds: settings.policyTtlSeconds,
    settings,
    assumed: { ...settings, cache: 'off' },
    readSettings: text => {
      const read = readHostSettings(text, env, settings)
      const [problem] = read.problems
      if (problem === undefined) return { settings: read.settings }
      return { bad: { code: problem.code, detail: read.problems.map(describe).join('; ') } }
    },
    report: (host, { event, ...rest }, lastGood) => log('error', event, { host, ...rest, lastGood }),
  })
  const events = new Events(settings.sampleAllowed, env.EVENTS ?? null)
  return { env, settings, problems, policies, events }
}

const describe = (problem: SettingProblem): string =>
  `${problem.name} is ${JSON.stringify(problem.value)}; accepted: ${problem.accepted}`
