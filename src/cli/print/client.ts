/**
 * @module
 * Formats the client that a refused request seems to come from.
 */

import { recognise } from '../../clients/recognise.ts'
import { wrap } from './layout.ts'

/**
 * Returns which recorded client sends such a request, and which other headers it asks for; an empty string if no
 * client is recognised.
 */
export function clientText(method: string, headers: readonly string[]): string {
  const found = recognise(method, headers)
  if (found === null) return ''
  const { client, operation, others } = found
  const version = client.version === null ? '' : ` ${client.version}`
  return [
    wrap(`This looks like ${client.title}${version}: ${operation.description}.`),
    ...(others.length === 0 ? [] : [wrap(`It also asks for ${others.join(', ')}.`, '  ')]),
    `  \`check --for ${client.id}\` shows what the rules lack for it.`,
  ].join('\n')
}
