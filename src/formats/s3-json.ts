/**
 * @module
 * The JSON that the S3 API's tools read and write: `{"CORSRules":[{"AllowedOrigins":["*"], …}]}`, or the bare array.
 */

import type { Configuration, WrittenConfiguration, WrittenRule } from '../cors/configuration.ts'
import { Collector, quote, type Reading } from '../cors/findings.ts'
import { type Advise, conclude, type Document, emptyRule } from './document.ts'
import { isObject, readJson } from './json.ts'

/** The keys of a rule: S3's name first, then the name that the COS SDKs use. */
const LISTS: ReadonlyMap<string, keyof WrittenRule> = new Map([
  ['AllowedOrigins', 'AllowedOrigin'],
  ['AllowedMethods', 'AllowedMethod'],
  ['AllowedHeaders', 'AllowedHeader'],
  ['ExposeHeaders', 'ExposeHeader'],
])
const SDK_LISTS: ReadonlySet<string> = new Set(LISTS.values())

/**
 * Reads S3 JSON of at most 64 KB: an object with `CORSRules` (`CORSRule`, and COS's `ResponseVary`, are accepted), or
 * the bare array of rules. Every mistake is a finding, its path in the notation of the XML document; nothing is thrown.
 * Sources: S3 API "CORSConfiguration", cos-nodejs-sdk-v5 `putBucketCors`.
 */
export function readS3Json(text: string, advise?: Advise): Reading {
  return conclude(readJson(text, rulesOf), advise)
}

/** Reads parsed JSON into a document. Also for formats that differ from S3's in names only. */
export const rulesOf = (value: unknown): Document => new S3JsonReader().read(value)

/** Turns parsed JSON into a written configuration. Reads own keys only, by listing them. */
class S3JsonReader {
  readonly #written: WrittenConfiguration = { CORSRule: [], ResponseVary: [], unknown: [] }
  readonly #errors = new Collector('error')
  /** False if the list of rules is not an array. */
  #readable = true

  read(value: unknown): Document {
    if (Array.isArray(value)) this.#rules(value)
    else if (isObject(value)) {
      if (Object.hasOwn(value, 'CORSRules') && Object.hasOwn(value, 'CORSRule'))
        this.#twoNames('', 'CORSRule', 'CORSRules')
      for (const [key, content] of Object.entries(value)) {
        if (key === 'CORSRules' || key === 'CORSRule') this.#rules(content)
        else if (key === 'ResponseVary') this.#scalar(this.#written.ResponseVary, content, key, 'boolean')
        else this.#written.unknown.push(`${quote(key)}[1]`)
      }
    } else this.#rules(value)
    return { written: this.#readable ? this.#written : null, findings: this.#errors.list(), lines: new Map() }
  }

  #rules(value: unknown): void {
    if (!Array.isArray(value)) {
      this.#wrongType('CORSRule', value, 'an array of rules')
      this.#readable = false
      return
    }
    for (const content of value as unknown[]) {
      const rule = emptyRule()
      const path = `CORSRule[${this.#written.CORSRule.push(rule)}]`
      if (isObject(content)) this.#rule(rule, content, path)
      else this.#wrongType(path, content, 'an object')
    }
  }

  #rule(rule: WrittenRule, value: Record<string, unknown>, path: string): void {
    for (const key of Object.keys(value)) {
      const content = value[key]
      const list = LISTS.get(key)
      if (list !== undefined && Object.hasOwn(value, list)) this.#twoNames(`${path}/${list}`, list, key)
      if (list) this.#list(rule, list, content, path)
      else if (SDK_LISTS.has(key)) {
        // The COS SDK takes a text where it expects a list.
        this.#list(rule, key as keyof WrittenRule, typeof content === 'string' ? [content] : content, path)
      } else if (key === 'ID') this.#scalar(rule.ID, content, `${path}/ID`, 'string')
      else if (key === 'MaxAgeSeconds') {
        this.#scalar(rule.MaxAgeSeconds, content, `${path}/MaxAgeSeconds`, 'number')
      } else this.#written.unknown.push(`${path}/${quote(key)}[1]`)
    }
  }

  #list(rule: WrittenRule, name: keyof WrittenRule, value: unknown, path: string): void {
    const texts = rule[name]
    if (!Array.isArray(value)) {
      this.#wrongType(`${path}/${name}`, value, 'an array of strings')
      // So that the linter does not also report the value as missing.
      if (name === 'AllowedOrigin' || name === 'AllowedMethod') texts.push(PLACEHOLDER[name])
      return
    }
    for (const item of value as unknown[]) {
      if (typeof item === 'string') texts.push(item)
      else this.#wrongType(`${path}/${name}[${texts.push('')}]`, item, 'a string')
    }
  }

  /** One value. A text is accepted for each kind (the COS SDK writes them so): `lint` reads it. */
  #scalar(texts: string[], value: unknown, path: string, kind: 'string' | 'number' | 'boolean'): void {
    if (typeof value === 'string' || typeof value === kind) texts.push(String(value))
    else this.#wrongType(`${path}[${texts.length + 1}]`, value, `a ${kind}`)
  }

  #twoNames(path: string, one: string, other: string): void {
    this.#errors.add(
      'key-two-names',
      path,
      other,
      `"${one}" and "${other}" are two names for the same list, and only one would count.`,
      'Put all values under one of them.',
    )
  }

  #wrongType(path: string, value: unknown, expected: string): void {
    const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`
    const isList = expected.startsWith('an array of s')
    this.#errors.add(
      'wrong-type',
      path,
      isObject(value) || Array.isArray(value) ? '' : String(value),
      `The value is ${found.replace('a object', 'an object')}, where ${expected} is expected.`,
      isList && typeof value === 'string'
        ? `Write ["${quote(value)}"].`
        : `Write ${expected}${value === null ? ', or remove the key' : ''}.`,
    )
  }
}

/** Values that `lint` accepts. */
const PLACEHOLDER = { AllowedOrigin: '', AllowedMethod: 'GET' } as const

/** A configuration as an indented document that `readS3Json` reads back to an equal one. */
export function writeS3Json(configuration: Configuration): string {
  const rules = configuration.rules.map(rule => ({
    ...(rule.id === null ? {} : { ID: rule.id }),
    AllowedOrigins: rule.allowedOrigins,
    AllowedMethods: rule.allowedMethods,
    ...(rule.allowedHeaders.length === 0 ? {} : { AllowedHeaders: rule.allowedHeaders }),
    ...(rule.exposeHeaders.length === 0 ? {} : { ExposeHeaders: rule.exposeHeaders }),
    ...(rule.maxAgeSeconds === null ? {} : { MaxAgeSeconds: rule.maxAgeSeconds }),
  }))
  const document = { CORSRules: rules, ...(configuration.responseVary ? { ResponseVary: true } : {}) }
  return `${JSON.stringify(document, null, 2)}\n`
}
