/**
 * @module
 * Verifies a certificate of `rules prove --certificate` against the two files alone, with no code of the product:
 * `node scripts/check-certificate.ts CERTIFICATE FILE UPPER`. Exit code 0 if the certificate proves that FILE stays within
 * UPPER, else 1. It decides no request. It needs three functions: a one-star match, the meeting of two patterns, and
 * "this rule allows all names that two others allow".
 */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { XMLParser } from 'fast-xml-parser'

export type CertifiedRule = readonly [
  origins: readonly string[],
  methods: readonly string[],
  headers: readonly string[],
]
interface Certificate {
  version: number
  file: string
  upper: string
  access: [rule: number, methods: number, origins: number[], by: number][]
  credentials: [rule: number, methods: number, stars: number[], where: 'file' | number[], by: number][]
}
const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD']

const listOf = (value: unknown): string[] => (value === undefined ? [] : [value].flat().map(String))

/** Reads a CORSConfiguration in XML, or the JSON of S3. */
function rulesOf(file: string): CertifiedRule[] {
  const text = readFileSync(file, 'utf8')
  const isXml = text.trimStart().replace('\uFEFF', '').startsWith('<')
  const parsed = isXml
    ? new XMLParser({ parseTagValue: false, trimValues: false }).parse(text)
    : JSON.parse(text)
  const listed = isXml ? parsed.CORSConfiguration.CORSRule : (parsed.CORSRules ?? parsed)
  return [listed].flat().map(rule => {
    const values = (name: string) => listOf(rule[name] ?? rule[`${name}s`])
    const headers = values('AllowedHeader').map(name => name.toLowerCase())
    return [values('AllowedOrigin'), values('AllowedMethod'), headers]
  })
}

const digestOf = (rules: readonly CertifiedRule[]): string =>
  createHash('sha256').update(JSON.stringify(rules)).digest('hex')

/** Does the pattern match the text? A star may itself be a character of the text. */
function matches(pattern: string, text: string): boolean {
  const [prefix = '', suffix] = pattern.split('*')
  if (suffix === undefined) return pattern === text
  return text.length >= prefix.length + suffix.length && text.startsWith(prefix) && text.endsWith(suffix)
}

/** The text of a pattern that no pattern matches without matching all of it. The header name `*` is never allowed. */
const textOf = (name: string): string => (name === '*' ? '**' : name)

/** Texts of both patterns, such that what matches them matches all texts of both. */
function meeting(one: string, other: string): string[] {
  const [p1 = '', s1] = one.split('*')
  const [p2 = '', s2] = other.split('*')
  if (s1 === undefined) return matches(other, one) ? [one] : []
  if (s2 === undefined) return matches(one, other) ? [other] : []
  const [prefix, suffix] = [p1.length > p2.length ? p1 : p2, s1.length > s2.length ? s1 : s2]
  if (![p1, p2].every(p => prefix.startsWith(p)) || ![s1, s2].every(s => suffix.endsWith(s))) return []
  const texts = [textOf(`${prefix}*${suffix}`)]
  const least = Math.max(p1.length + s1.length, p2.length + s2.length)
  for (let length = least; length < prefix.length + suffix.length; length++) {
    const text = prefix + suffix.slice(prefix.length + suffix.length - length)
    if (text.length === length && text.startsWith(prefix) && text.endsWith(suffix)) texts.push(text)
  }
  return texts
}

/** Does `x` allow all names that rule `r`, and rule `t` unless it is null, allow? */
function allowsAll(x: CertifiedRule, r: CertifiedRule, t: CertifiedRule | null): boolean {
  const allows = (name: string) => x[2].some(pattern => matches(pattern, name))
  if (r[2].every(name => allows(textOf(name)))) return true
  if (t === null) return false
  if (t[2].every(name => allows(textOf(name)))) return true
  return r[2].every(own => t[2].every(other => meeting(own, other).every(allows)))
}

/** The origin that stands for a pattern; null for one that matches nothing. An origin has at most 2048 characters. */
function originOf(pattern: string): string | null {
  const letters = pattern.replace('*', '').length
  if (pattern === '' || pattern.includes(',') || letters > 2048) return null
  return letters === 2048 ? pattern.replace('*', '') : pattern
}

const covers = (rule: CertifiedRule, origin: string): boolean =>
  rule[0].some(pattern =>
    origin === 'null' ? pattern === '*' || pattern === 'null' : matches(pattern, origin),
  )
const isOpen = (rule: CertifiedRule): boolean => rule[0].includes('*')
const has = (rule: CertifiedRule, bit: number): boolean => rule[1].includes(METHODS[bit] ?? '')

/** Returns the first claim that the certificate leaves unproven, null if it proves all. */
export function unproven(
  file: readonly CertifiedRule[],
  upper: readonly CertifiedRule[],
  certificate: Certificate,
): string | null {
  if (certificate.version !== 1) return 'its version is not 1'
  if (certificate.file !== digestOf(file)) return 'it is about another FILE'
  if (certificate.upper !== digestOf(upper)) return 'it is about another UPPER'
  const proven = new Set<string>()
  const bits = (mask: number) => [0, 1, 2, 3, 4].filter(bit => mask & (1 << bit))
  for (const [r, methods, origins, u] of certificate.access) {
    const [rule, by] = [file[r], upper[u]]
    if (!rule || !by || !rule[2].every(name => by[2].some(pattern => matches(pattern, textOf(name)))))
      continue
    for (const o of origins)
      for (const bit of bits(methods))
        if (has(by, bit) && covers(by, originOf(rule[0][o] ?? '') ?? '')) proven.add(`${r} ${o} ${bit}`)
  }
  for (const [r, methods, stars, where, x] of certificate.credentials) {
    const [rule, by] = [file[r], where === 'file' ? file[x] : upper[x]]
    if (!rule || !by || (where === 'file' ? !(isOpen(by) && x < r) : isOpen(by))) continue
    for (const t of stars) {
      const open = t === -1 ? null : upper[t]
      if (open === undefined || (where !== 'file' && t !== -1 && x >= t) || !allowsAll(by, rule, open))
        continue
      for (const o of where === 'file' ? rule[0].keys() : where)
        if (where === 'file' || covers(by, originOf(rule[0][o] ?? '') ?? ''))
          for (const bit of bits(methods)) if (has(by, bit)) proven.add(`${r} ${o} ${bit} ${t}`)
    }
  }
  for (const [r, rule] of file.entries())
    for (const [o, pattern] of rule[0].entries())
      for (const bit of [0, 1, 2, 3, 4].filter(bit => has(rule, bit) && originOf(pattern) !== null)) {
        if (!proven.has(`${r} ${o} ${bit}`)) return `access of rule ${r}, origin ${o}, ${METHODS[bit]}`
        if (isOpen(rule) || pattern === 'null') continue
        for (const t of [-1, ...upper.keys()].filter(
          at => at === -1 || (isOpen(upper[at] as CertifiedRule) && has(upper[at] as CertifiedRule, bit)),
        ))
          if (!proven.has(`${r} ${o} ${bit} ${t}`))
            return `credentials of rule ${r}, origin ${o}, ${METHODS[bit]}, star rule ${t}`
      }
  return null
}

if (import.meta.main) {
  const [certificate = '', file = '', upper = ''] = process.argv.slice(2)
  const gap = unproven(rulesOf(file), rulesOf(upper), JSON.parse(readFileSync(certificate, 'utf8')))
  console.log(gap === null ? `${file} stays within ${upper}.` : `Not proven: ${gap}.`)
  process.exitCode = gap === null ? 0 : 1
}
