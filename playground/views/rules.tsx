/**
 * @module
 * A rule set: its editor, its format, and what was found in it.
 */

import type { RefObject } from 'preact'
import { useState } from 'preact/hooks'
import type { Finding } from '../../src/cors/findings.ts'
import type { RulesFormat } from '../../src/formats/detect.ts'
import type { Read } from '../session.ts'
import { FORMAT_CHOICES, type FormatChoice, MAX_DOCUMENT_CHARACTERS } from '../state.ts'
import { Editor, goToLine } from './editor.tsx'
import { count } from './text.tsx'

const FORMAT_NAMES: Readonly<Record<RulesFormat, string>> = {
  rules: 'COS, S3, OSS, OBS',
  r2: 'Cloudflare R2',
  gcs: 'Google Cloud Storage',
  azure: 'Azure Storage',
  b2: 'Backblaze B2',
  cloudformation: 'CloudFormation',
  sdk: 'SDK or Terraform JSON',
}

/** Findings shown before somebody asks for all. */
const FEW = 12

export interface RulesProps {
  readonly id: string
  readonly title: string
  readonly text: string
  readonly format: FormatChoice
  readonly read: Read
  readonly area: RefObject<HTMLTextAreaElement | null>
  readonly onText: (text: string) => void
  readonly onFormat: (format: FormatChoice) => void
}

export function Rules({ id, title, text, format, read, area, onText, onFormat }: RulesProps) {
  const open = async (input: HTMLInputElement) => {
    const [file] = input.files ?? []
    // A larger file is cut: the page says that it is too large all the same.
    if (file !== undefined)
      onText((await file.slice(0, 4 * MAX_DOCUMENT_CHARACTERS).text()).slice(0, MAX_DOCUMENT_CHARACTERS))
    input.value = ''
  }
  return (
    <section class="rules" aria-labelledby={`${id}-title`}>
      <div class="title">
        <h2 id={`${id}-title`}>{title}</h2>
        <label class="select">
          <span class="unseen">Format of {title}</span>
          <select
            value={format}
            onChange={({ currentTarget }) => onFormat(currentTarget.value as FormatChoice)}
          >
            {FORMAT_CHOICES.map(choice => (
              <option key={choice} value={choice}>
                {choice === 'detect' ? `Detected: ${FORMAT_NAMES[read.format]}` : FORMAT_NAMES[choice]}
              </option>
            ))}
          </select>
        </label>
        <label class="button">
          Open a file
          <input
            type="file"
            class="unseen"
            accept=".xml,.json,application/json,text/xml"
            onChange={({ currentTarget }) => open(currentTarget)}
          />
        </label>
      </div>
      <Editor id={id} label={title} value={text} findings={read.findings} area={area} onInput={onText} />
      <Findings id={id} text={text} read={read} onGo={line => goToLine(area.current, line)} />
    </section>
  )
}

interface FindingsProps {
  readonly id: string
  readonly text: string
  readonly read: Read
  readonly onGo: (line: number) => void
}

function Findings({ id, text, read: { findings, rules }, onGo }: FindingsProps) {
  const [all, setAll] = useState(false)
  const shown = all ? findings : findings.slice(0, FEW)
  return (
    <div class="findings" id={`${id}-findings`}>
      <p class="note">{summaryOf(text, rules, findings)}</p>
      {shown.length > 0 && (
        <ul>
          {shown.map((finding, i) => (
            <FindingItem key={i} finding={finding} onGo={onGo} />
          ))}
        </ul>
      )}
      {findings.length > FEW && (
        <button type="button" class="quiet" onClick={() => setAll(!all)}>
          {all ? `Show the first ${FEW}` : `Show all ${findings.length}`}
        </button>
      )}
    </div>
  )
}

function FindingItem({ finding, onGo }: { finding: Finding; onGo: (line: number) => void }) {
  const { severity, line, value, reason, hint, code } = finding
  const head = (
    <>
      <b>{severity}</b>
      {line !== undefined && <span> line {line}</span>}
    </>
  )
  return (
    <li class={severity}>
      {line === undefined ? (
        <span class="where">{head}</span>
      ) : (
        <button type="button" class="where" onClick={() => onGo(line)} title="Go to the line">
          {head}
        </button>
      )}
      <div>
        {value !== '' && <code>{value}</code>} {reason} <span class="hint">{hint}</span>{' '}
        <span class="code">{code}</span>
      </div>
    </li>
  )
}

/** `2 rules, nothing to say about them.` */
export function summaryOf(text: string, rules: number | null, findings: readonly Finding[]): string {
  if (text.trim() === '') return 'No rules: a bucket without a CORS configuration.'
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const warnings = findings.length - errors
  const found = [
    ...(errors > 0 ? [count(errors, 'error')] : []),
    ...(warnings > 0 ? [count(warnings, 'warning')] : []),
  ].join(', ')
  if (rules === null) return `${found}. Nothing with errors is ever published or served.`
  return `${count(rules, 'rule')}, ${found || 'nothing to say about them'}.`
}
