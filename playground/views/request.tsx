/**
 * @module
 * The request, field by field.
 */

import type { ComponentChildren } from 'preact'
import type { DialectName } from '../../src/cors/dialect.ts'
import { type Hint, hintsFor } from '../answer.ts'
import type { State, Unmatched } from '../state.ts'
import { PasteBox } from './paste-box.tsx'

const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH']

interface RequestProps {
  readonly state: State
  readonly onChange: (patch: Partial<State>) => void
}

export function RequestForm({ state, onChange }: RequestProps) {
  const hints = hintsFor(state)
  const methods = METHODS.includes(state.method) ? METHODS : [...METHODS, state.method]
  return (
    <section class="request" aria-labelledby="request-title">
      <div class="title">
        <h2 id="request-title">Request</h2>
      </div>
      <PasteBox onRequest={onChange} />
      <form class="fields" onSubmit={event => event.preventDefault()}>
        <Field id="origin" label="Page’s origin" hints={hints} onChange={onChange}>
          <input
            id="origin"
            value={state.origin}
            placeholder="https://app.example"
            aria-describedby="origin-hint"
            {...PLAIN_TEXT}
            onInput={({ currentTarget }) => onChange({ origin: currentTarget.value })}
          />
        </Field>
        <Field id="method" label="Method" hints={hints} onChange={onChange}>
          <select
            id="method"
            value={state.method}
            onChange={({ currentTarget }) => onChange({ method: currentTarget.value })}
          >
            {methods.map(method => (
              <option key={method} value={method}>
                {method || 'choose'}
              </option>
            ))}
          </select>
        </Field>
        <Field id="url" label="URL" hints={hints} onChange={onChange}>
          <input
            id="url"
            value={state.url}
            placeholder="https://files.example.com/exampleobject"
            aria-describedby="url-hint"
            {...PLAIN_TEXT}
            onInput={({ currentTarget }) => onChange({ url: currentTarget.value })}
          />
        </Field>
        <Field id="headers" label="Headers that the script sets" hints={hints} onChange={onChange}>
          <input
            id="headers"
            value={state.headers}
            placeholder="content-type, x-cos-acl"
            {...PLAIN_TEXT}
            onInput={({ currentTarget }) => onChange({ headers: currentTarget.value, open: false })}
          />
        </Field>
        <div class="options">
          <Choice
            name="kind"
            legend="Asked about"
            value={state.actual ? 'actual' : 'preflight'}
            choices={[
              ['preflight', 'preflight'],
              ['actual', 'request'],
            ]}
            onChoose={kind => onChange({ actual: kind === 'actual' })}
          />
          <Choice<DialectName>
            name="dialect"
            legend="Answers as"
            value={state.dialect}
            choices={[
              ['cos', 'COS'],
              ['s3', 'S3'],
            ]}
            onChoose={dialect => onChange({ dialect })}
          />
          <Choice<Unmatched>
            name="unmatched"
            legend="What no rule allows"
            value={state.unmatched}
            choices={[
              ['refuse', 'refuse'],
              ['forward', 'forward'],
            ]}
            onChoose={unmatched => onChange({ unmatched })}
          />
          <label class="check">
            <input
              type="checkbox"
              checked={state.credentials}
              onChange={({ currentTarget }) => onChange({ credentials: currentTarget.checked })}
            />
            with credentials
          </label>
        </div>
      </form>
    </section>
  )
}

/** For names and addresses, which nothing should correct. */
const PLAIN_TEXT = { type: 'text', spellcheck: false, autocomplete: 'off', autocapitalize: 'off' } as const

interface FieldProps {
  readonly id: string
  readonly label: string
  readonly hints: readonly Hint[]
  readonly onChange: (patch: Partial<State>) => void
  readonly children: ComponentChildren
}

function Field({ id, label, hints, onChange, children }: FieldProps) {
  const own = hints.filter(({ field }) => field === id)
  return (
    <div class={`field ${id}`}>
      <label for={id}>{label}</label>
      {children}
      <div id={`${id}-hint`} class="hints">
        {own.map(({ text, field, meant }) => (
          <p class="note" key={text}>
            {text}{' '}
            {meant !== undefined && (
              <button type="button" class="quiet" onClick={() => onChange({ [field]: meant })}>
                Use that
              </button>
            )}
          </p>
        ))}
      </div>
    </div>
  )
}

interface ChoiceProps<T extends string> {
  readonly name: string
  readonly legend: string
  readonly value: T
  readonly choices: readonly (readonly [value: T, label: string])[]
  readonly onChoose: (value: T) => void
}

function Choice<T extends string>({ name, legend, value, choices, onChoose }: ChoiceProps<T>) {
  return (
    <fieldset class="choice">
      <legend>{legend}</legend>
      {choices.map(([choice, label]) => (
        <label key={choice}>
          <input
            type="radio"
            name={name}
            value={choice}
            checked={choice === value}
            onChange={() => onChoose(choice)}
          />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  )
}
