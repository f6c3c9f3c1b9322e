/**
 * @module
 * `<name>.cases.json`: the expectations for a rules file. A JSON array of requests, each with its expected outcome.
 */

import { type Finding, quote } from '../../cors/findings.ts'
import type { RequestToExplain } from '../../explain/outcome.ts'

/** A request, and what is expected to become of it. */
export interface Case extends RequestToExplain {
  /** Counted from 1. */
  readonly position: number
  readonly name: string | null
  readonly expect: 'allowed' | 'refused'
  /** The rule expected to match: its number, counted from 1, or its ID. null for any rule. */
  readonly rule: number | string | null
}

export interface CasesReading {
  /** Empty if the file has errors. */
  readonly cases: readonly Case[]
  readonly findings: readonly Finding[]
}

const FIELDS: Record<string, { readonly accepted: string; readonly accepts: (value: unknown) => boolean }> = {
  name: { accepted: 'a text', accepts: isText },
  origin: { accepted: 'a text, such as "https://www.example.com"', accepts: isText },
  method: { accepted: 'a text, such as "PUT"', accepts: isText },
  headers: {
    accepted: 'an array of header names, such as ["content-type"]',
    accepts: value => Array.isArray(value) && value.every(isText),
  },
  actual: { accepted: 'true or false', accepts: value => typeof value === 'boolean' },
  credentials: { accepted: 'true or false', accepts: value => typeof value === 'boolean' },
  expect: {
    accepted: '"allowed" or "refused"',
    accepts: value => value === 'allowed' || value === 'refused',
  },
  rule: {
    accepted: 'the number of a rule, counted from 1, or its ID',
    accepts: value => isText(value) || (typeof value === 'number' && Number.isInteger(value) && value > 0),
  },
}
const REQUIRED = ['origin', 'method', 'expect']

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** Reads the file. Every error is a finding with a path such as `[2]/expect`, counted from 1. Never throws. */
export function readCases(text: string): CasesReading {
  const findings: Finding[] = []
  const add = (code: string, path: string, value: string, reason: string, hint: string) =>
    findings.push({ code, severity: 'error', path, value: quote(value), reason, hint })

  let written: unknown
  try {
    written = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    const reason = `The file is not JSON: ${quote(error instanceof Error ? error.message : String(error))}.`
    add('not-json', '', '', reason, 'Correct the syntax at this position.')
    return { cases: [], findings }
  }
  if (!Array.isArray(written) || written.length === 0) {
    const hint = 'Write [{"origin": "https://www.example.com", "method": "PUT", "expect": "allowed"}].'
    if (Array.isArray(written)) add('no-cases', '', '', 'The file has no cases.', hint)
    else add('wrong-type', '', '', 'The file is not a JSON array of cases.', hint)
    return { cases: [], findings }
  }
  const cases: Case[] = []
  for (const [index, item] of (written as unknown[]).entries()) {
    const path = `[${index + 1}]`
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      add('wrong-type', path, JSON.stringify(item), 'The case is not a JSON object.', 'Write {…}.')
      continue
    }
    const fields = new Map(Object.entries(item))
    for (const [name, value] of fields) {
      const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined
      const at = `${path}/${quote(name)}`
      if (field === undefined) {
        const hint = `Write one of ${Object.keys(FIELDS).join(', ')}.`
        add('field-unknown', at, JSON.stringify(value), 'A case has no field of this name.', hint)
      } else if (!field.accepts(value)) {
        add(
          'wrong-type',
          at,
          JSON.stringify(value),
          'The field has a value of the wrong type.',
          `Write ${field.accepted}.`,
        )
      }
    }
    for (const name of REQUIRED) {
      if (!fields.has(name))
        add(
          'field-missing',
          path,
          '',
          `The case has no ${name}.`,
          `Add "${name}": ${FIELDS[name]?.accepted}.`,
        )
    }
    cases.push({ ...DEFAULTS, ...(item as Partial<Case>), position: index + 1 })
  }
  return { cases: findings.length === 0 ? cases : [], findings }
}

const DEFAULTS: Omit<Case, 'position'> = {
  name: null,
  origin: '',
  method: '',
  headers: [],
  actual: false,
  credentials: false,
  expect: 'allowed',
  rule: null,
}
