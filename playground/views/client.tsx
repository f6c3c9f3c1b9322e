/**
 * @module
 * The choice of a client, and what the rules lack for it.
 */

import { CLIENTS } from '../../src/clients/clients.ts'
import type { Finding } from '../../src/cors/findings.ts'
import type { ClientNeeds } from '../client-needs.ts'

interface ClientProps {
  /** ID of the chosen client; empty without one. */
  readonly chosen: string
  readonly needs: ClientNeeds | null
  readonly onChoose: (id: string) => void
  readonly onAdd: (missing: readonly Finding[]) => void
}

export function ClientChoice({ chosen, needs, onChoose, onAdd }: ClientProps) {
  return (
    <section class="client" aria-labelledby="client-title">
      <div class="title">
        <h2 id="client-title">Client</h2>
        <label class="select">
          <span class="unseen">Client</span>
          <select id="client" value={chosen} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
            <option value="">choose</option>
            {CLIENTS.map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
        </label>
      </div>
      {needs === null ? (
        <p class="note">What the rules lack for an SDK or a reader, as recorded in a browser.</p>
      ) : (
        <Needs needs={needs} onAdd={onAdd} />
      )}
    </section>
  )
}

function Needs({
  needs: { client, required, optional },
  onAdd,
}: Pick<ClientProps, 'onAdd'> & { needs: ClientNeeds }) {
  const name = client.version === null ? client.title : `${client.title} ${client.version}`
  if (required.length + optional.length === 0)
    return <p class="note">The rules allow all requests of {name}, and expose all that it reads.</p>
  return (
    <>
      <p class="note">
        {required.length === 0
          ? `Every operation of ${name} works. It loses a part of its results.`
          : `Operations of ${name} fail without these entries.`}
      </p>
      <Missing missing={required} label="Add what is missing" onAdd={onAdd} />
      <Missing missing={optional} label="Expose the optional headers" onAdd={onAdd} />
    </>
  )
}

const KINDS: Readonly<Record<string, string>> = {
  'client-method-missing': 'method',
  'client-header-missing': 'allowed header',
  'client-expose-missing': 'exposed header',
}

function Missing({
  missing,
  label,
  onAdd,
}: {
  readonly missing: readonly Finding[]
  readonly label: string
  readonly onAdd: ClientProps['onAdd']
}) {
  if (missing.length === 0) return null
  return (
    <div class="missing">
      <ul>
        {missing.map(({ code, path, value, reason }) => (
          <li key={`${path} ${code} ${value}`} title={reason}>
            {path.replace(/^CORSRule\[(\d+)\]$/, 'rule $1')}: {KINDS[code]} <code>{value}</code>
          </li>
        ))}
      </ul>
      <button type="button" onClick={() => onAdd(missing)}>
        {label}
      </button>
    </div>
  )
}
