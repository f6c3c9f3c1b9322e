/**
 * @module
 * Advice on elements and keys that no reader knows.
 */

import type { WrittenConfiguration } from '../cors/configuration.ts'
import { Collector, type Finding } from '../cors/findings.ts'

/** Returns a warning for each unknown name of a rule, and of the document. */
export function adviseUnknown(written: WrittenConfiguration): Finding[] {
  const warnings = new Collector('warning')
  const seen = new Set<string>()
  for (const path of written.unknown) {
    const name = path.slice(path.lastIndexOf('/') + 1).replace(/\[\d+\]$/, '')
    // A list of wrong elements is one mistake.
    const kind = path.replace(/\[\d+\]$/, '')
    if (seen.has(kind)) continue
    seen.add(kind)
    const meant = KNOWN_NAMES.get(skeleton(name))
    warnings.add(
      'unknown-element',
      path,
      name,
      'No bucket knows this element: it has no effect.',
      meant ? `Write ${meant}, if that is meant.` : 'Remove the element, or correct its name.',
    )
  }
  return warnings.list()
}

/** Reduces a name to the part that typing mistakes leave: no case, no plural, `Allow` for `Allowed`, `Expose` for `Exposed`. */
const skeleton = (name: string): string =>
  name
    .toLowerCase()
    .replace(/ed?(?=origin|method|header)/, '')
    .replace(/s$/, '')

const KNOWN_NAMES: ReadonlyMap<string, string> = new Map(
  [
    'CORSRule',
    'ResponseVary',
    'ID',
    'AllowedOrigin',
    'AllowedMethod',
    'AllowedHeader',
    'ExposeHeader',
    'MaxAgeSeconds',
  ].map(name => [skeleton(name), name]),
)
