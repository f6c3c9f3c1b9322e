/**
 * @module
 * Reads rules from JSON of any vendor: a `JsonFormat` says where the rules are and what its keys mean, and every value
 * keeps its line.
 */

import type { WrittenConfiguration, WrittenRule } from '../cors/configuration.ts'
import { Collector, type Finding, quote } from '../cors/findings.ts'
import { emptyRule, lineCounter } from './document.ts'
import { commaSeparated, type WithoutRules } from './json-search.ts'
import type { JsonEntry, JsonNode } from './json-tree.ts'
import { Losses } from './losses.ts'
import type { RuleField } from './places.ts'
import type { NamedDocument } from './vocabulary.ts'

/** A value of a rule, and where it is. */
export interface Item {
  readonly text: string
  readonly at: JsonNode
}

/** What a format does with the values of one rule. */
export interface RuleContext {
  /** `CORSRule[1]`. */
  readonly path: string
  readonly losses: Losses
  /** Marks a value that the format puts there: nobody is warned of it again. */
  readonly imported: (path: string) => void
}

export interface JsonFormat {
  readonly vendor: string
  /** Key of a rule → field. */
  readonly fields: Readonly<Record<string, RuleField>>
  /** Keys of a rule that carry no CORS meaning. */
  readonly ignored?: readonly string[]
  /** Returns the rules, or a refusal. */
  readonly rulesIn: (root: JsonNode) => readonly JsonNode[] | WithoutRules
  /** Returns the entries of a rule. Default: its own. */
  readonly entriesOf?: (rule: JsonNode, refuse: Refuse) => readonly JsonEntry[]
  /** `text`: a list may be one text; `comma`: a list is a comma-separated text, or an array. Default: arrays only. */
  readonly lists?: 'text' | 'comma'
  /** Returns the values to keep. */
  readonly adapt?: (field: RuleField, items: readonly Item[], context: RuleContext) => readonly Item[]
  /** Returns the value of `ResponseVary`, which only COS and OSS have. */
  readonly responseVary?: (root: JsonNode) => JsonNode | null
  /** Reports losses that concern the rules together. */
  readonly finish?: (written: WrittenConfiguration, losses: Losses) => void
  /** Warnings at these paths are about values that the reader itself put there. */
  readonly imported?: (path: string) => boolean
  /** A field that the reader fills by itself: nothing is reported there. */
  readonly derived?: RuleField
  /** Fields that every rule must have for the vendor. */
  readonly required?: readonly RuleField[]
}

export type Refuse = (at: number, code: string, reason: string, hint: string) => void

const SCALARS: readonly RuleField[] = ['ID', 'MaxAgeSeconds']

/** Reads the rules of a JSON document. Paths are in the notation of `CORSConfiguration`. */
export function readJsonRules(text: string, root: JsonNode, format: JsonFormat): NamedDocument {
  return new JsonRulesReader(text, format).read(root)
}

class JsonRulesReader {
  readonly #format: JsonFormat
  readonly #lineAt: (index: number) => number
  readonly #written: WrittenConfiguration = { CORSRule: [], ResponseVary: [], unknown: [] }
  readonly #errors = new Collector('error')
  readonly #lines = new Map<string, number>()
  /** Lines of values that are not kept, by their place in the file. */
  readonly #lostLines = new Map<string, number>()
  readonly #names: { [field in RuleField]?: string } = {}
  readonly #losses: Losses
  readonly #imported = new Set<string>()

  constructor(text: string, format: JsonFormat) {
    this.#format = format
    this.#losses = new Losses(format.vendor)
    this.#lineAt = lineCounter(text)
    for (const [key, field] of Object.entries(format.fields)) this.#names[field] ??= key
  }

  read(root: JsonNode): NamedDocument {
    const rules = this.#format.rulesIn(root)
    if ('code' in rules) {
      const { at, code, reason, hint } = rules
      this.#errors.add(code, '', '', reason, hint)
      const [finding] = this.#errors.list()
      const findings = finding ? [{ ...finding, line: this.#lineAt(at.start) }] : []
      return { written: null, findings, lines: new Map(), names: this.#names }
    }
    for (const rule of rules) this.#rule(rule)
    const vary = this.#format.responseVary?.(root) ?? null
    if (vary !== null) this.#written.ResponseVary.push(String(vary.value))
    this.#format.finish?.(this.#written, this.#losses)
    const losses = this.#losses.list().map(loss => {
      const line = this.#lostLines.get(loss.path)
      return line === undefined ? loss : { ...loss, line }
    })
    const findings: Finding[] = [...this.#repeated(root, rules), ...this.#errors.list(), ...losses]
    const { derived } = this.#format
    return {
      written: this.#written,
      findings,
      lines: this.#lines,
      names: this.#names,
      imported: path => this.#imported.has(path) || this.#format.imported?.(path) === true,
      ...(derived && { derived }),
    }
  }

  /** Returns an error for each key that an object has twice. */
  #repeated(root: JsonNode, rules: readonly JsonNode[]): Finding[] {
    const found = new Collector('error')
    const at: number[] = []
    const visit = (object: JsonNode, within: string): void => {
      const rule = rules.indexOf(object)
      const prefix = rule < 0 ? within : `CORSRule[${rule + 1}]`
      const keys = new Set<string>()
      for (const { key, start, value } of object.entries) {
        if (keys.has(key)) {
          at.push(start)
          found.add(
            'key-repeated',
            `${prefix === '' ? '' : `${prefix}/`}${quote(key)}`,
            key,
            'The object has this key twice, and only one of the two would count.',
            'Keep one of the two.',
          )
        }
        keys.add(key)
        visit(value, prefix)
      }
      for (const item of object.items) visit(item, prefix)
    }
    visit(root, '')
    return found.list().map((finding, i) => ({ ...finding, line: this.#lineAt(at[i] ?? 0) }))
  }

  #rule(node: JsonNode): void {
    const rule = emptyRule()
    const path = `CORSRule[${this.#written.CORSRule.push(rule)}]`
    this.#lines.set(path, this.#lineAt(node.start))
    if (node.kind !== 'object') {
      this.#wrongType(path, node, 'an object')
      return
    }
    const refuse: Refuse = (at, code, reason, hint) => {
      this.#errors.add(code, path, '', reason, hint)
      this.#lines.set(path, this.#lineAt(at))
    }
    const seen = new Map<RuleField, string>()
    for (const entry of this.#format.entriesOf?.(node, refuse) ?? node.entries)
      this.#entry(rule, entry, path, seen)
    for (const field of this.#format.required ?? []) {
      if (seen.has(field)) continue
      this.#errors.add(
        'value-missing',
        path,
        field,
        `The rule has no ${field}, and ${this.#format.vendor} refuses a rule without it.`,
        `Add ${field}, if need be with an empty value.`,
      )
    }
  }

  #entry(
    rule: WrittenRule,
    { key, start, value }: JsonEntry,
    path: string,
    seen: Map<RuleField, string>,
  ): void {
    const { fields, ignored = [] } = this.#format
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined
    if (field === undefined) {
      if (ignored.includes(key)) return
      const at = `${path}/${quote(key)}[1]`
      this.#written.unknown.push(at)
      this.#lines.set(at, this.#lineAt(start))
      return
    }
    const before = seen.get(field)
    seen.set(field, key)
    this.#names[field] = key
    // The same key twice has its own error.
    if (before === key) return
    if (before !== undefined) {
      const at = `${path}/${field}`
      this.#lines.set(at, this.#lineAt(start))
      this.#errors.add(
        'key-two-names',
        at,
        key,
        `"${quote(before)}" and "${quote(key)}" are two names for the same list, and only one would count.`,
        'Put all values under one of them.',
      )
      return
    }
    if (value.kind === 'null') return
    if (SCALARS.includes(field)) this.#scalar(rule, field, value, path)
    else this.#list(rule, field, value, path)
  }

  #scalar(rule: WrittenRule, field: RuleField, value: JsonNode, path: string): void {
    const at = `${path}/${field}[1]`
    this.#lines.set(at, this.#lineAt(value.start))
    if (value.kind === 'string' || value.kind === 'number') {
      const text = String(value.value)
      // The JSON of a template may hold numbers as texts, with the space that its tool left.
      rule[field].push(field === 'MaxAgeSeconds' ? text.trim() : text)
    } else this.#wrongType(at, value, field === 'ID' ? 'a string' : 'a number')
  }

  #list(rule: WrittenRule, field: RuleField, value: JsonNode, path: string): void {
    const { lists, adapt } = this.#format
    const asText = value.kind === 'string' && lists !== undefined
    if (value.kind !== 'array' && !asText) {
      this.#lines.set(`${path}/${field}`, this.#lineAt(value.start))
      this.#wrongType(`${path}/${field}`, value, 'an array of strings')
      // So that the linter does not also report the value as missing.
      if (field === 'AllowedOrigin') rule.AllowedOrigin.push('')
      if (field === 'AllowedMethod') rule.AllowedMethod.push('GET')
      return
    }
    const items: Item[] = []
    for (const node of value.kind === 'array' ? value.items : [value]) {
      if (node.kind === 'string') {
        const texts = lists === 'comma' ? commaSeparated(String(node.value)) : [String(node.value)]
        items.push(...texts.map(text => ({ text, at: node })))
      } else {
        const at = `${path}/${field}[${items.push({ text: PLACEHOLDER[field] ?? 'x', at: node })}]`
        this.#lines.set(at, this.#lineAt(node.start))
        this.#wrongType(at, node, 'a string')
      }
    }
    // Losses name the value by its place in the file.
    items.forEach(({ at }, i) => {
      const line = this.#lineAt(at.start)
      this.#lines.set(`${path}/${field}[${i + 1}]`, line)
      this.#lostLines.set(`${path}/${field}[${i + 1}]`, line)
    })
    const kept =
      adapt?.(field, items, {
        path,
        losses: this.#losses,
        imported: at => this.#imported.add(at),
      }) ?? items
    rule[field].push(...kept.map(({ text }) => text))
    // Findings of the linter name it by its place in the list that is kept.
    kept.forEach(({ at }, i) => {
      if (kept.length !== items.length) this.#lines.set(`${path}/${field}[${i + 1}]`, this.#lineAt(at.start))
    })
  }

  #wrongType(path: string, node: JsonNode, expected: string): void {
    const found = node.kind === 'null' ? 'null' : `${/^[aeio]/.test(node.kind) ? 'an' : 'a'} ${node.kind}`
    const hint =
      node.kind === 'object' && node.entries.some(({ key }) => key === 'Ref' || key.startsWith('Fn::'))
        ? 'The value is filled in at deployment: write the value itself.'
        : node.kind === 'string' && expected.startsWith('an array')
          ? `Write ["${quote(String(node.value))}"].`
          : `Write ${expected}.`
    const value = node.value === null ? '' : String(node.value)
    this.#errors.add('wrong-type', path, value, `The value is ${found}, where ${expected} is expected.`, hint)
  }
}

/** Values that the linter accepts, in place of one of a wrong type. */
const PLACEHOLDER: Partial<Record<RuleField, string>> = { AllowedOrigin: '', AllowedMethod: 'GET' }
