/**
 * @module
 * What the edge knows about a host: its rules and settings, unusable settings, or nothing.
 */

import type { HostSettings } from '../settings/host-settings.ts'
import type { Rules } from './rules.ts'

export type HostState =
  | {
      readonly kind: 'known'
      /** null if the host's rules cannot be used. A bucket without rules has rules: an empty list. */
      readonly rules: Rules | null
      readonly settings: HostSettings
    }
  /** The host's guardrail does not accept its rules. These rules allow nothing: the bucket's own may be the wide ones. */
  | { readonly kind: 'refused'; readonly rules: Rules; readonly settings: HostSettings }
  /** The host has settings of its own that cannot be used. */
  | { readonly kind: 'settings-unusable'; readonly rules: Rules | null; readonly settings: null }
  /**
   * Nothing of the host could be read, so these settings are an assumption: the host may have a bucket of its own. Reads
   * go to the assumed bucket and are never cached; nothing is written to it or signed for it.
   */
  | { readonly kind: 'assumed'; readonly rules: null; readonly settings: HostSettings }

export type PolicySource = 'memory' | 'kv' | 'last-known-good'

export type FoundPolicy = HostState & { readonly source: PolicySource }

/** A found policy with settings. */
export type UsablePolicy = Exclude<FoundPolicy, { kind: 'settings-unusable' }>

/** A state with rules and settings: it answers requests, and may stand in for a later bad state. */
export type GoodState = HostState & { readonly kind: 'known'; readonly rules: Rules }

export const isGood = (state: HostState | undefined): state is GoodState =>
  state?.kind === 'known' && state.rules !== null
