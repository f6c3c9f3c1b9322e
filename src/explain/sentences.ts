/**
 * @module
 * An outcome in sentences, without their layout: the command line and the playground say the same.
 */

import { quote } from '../cors/findings.ts'
import type { Browser } from './browser.ts'
import type { RuleVerdict } from './explain.ts'
import type { Outcome } from './outcome.ts'
import type { Step } from './smallest-change.ts'

/** Additions that a rule may lack to be called near. */
const NEAR = 2
/** Rules that are shown one by one even if they are not close to the request. */
const MOST_SHOWN = 12

/** Rules that are called near, one by one. */
const MOST_NEAR = 4

/** One of a rule's three conditions, as it was met or not. */
export interface Condition {
  readonly name: 'origin' | 'method' | 'headers'
  readonly held: boolean
  /** What held, or what would have. */
  readonly text: string
}

/** The three conditions of a rule, in the order in which they are asked. */
export function conditionsOf(verdict: RuleVerdict, { explanation, question }: Outcome): readonly Condition[] {
  const { rule, origin, methodHeld, missingHeaders } = verdict
  const allowed = rule.allowedHeaders.length === 0 ? 'none' : rule.allowedHeaders.map(quote).join(', ')
  const names = [...new Set(explanation.names)].join(', ')
  const headers = question.actual
    ? 'only preflights are asked for them'
    : missingHeaders.length > 0
      ? `not ${[...new Set(missingHeaders)].join(', ')}; allowed: ${allowed}`
      : names || 'none asked for'
  return [
    {
      name: 'origin',
      held: origin !== null,
      text: origin === null ? `not ${rule.allowedOrigins.map(quote).join(', ')}` : quote(origin),
    },
    {
      name: 'method',
      held: methodHeld,
      text: methodHeld ? question.method : `only ${rule.allowedMethods.join(', ')}`,
    },
    { name: 'headers', held: question.actual || missingHeaders.length === 0, text: headers },
  ]
}

/** The rules worth showing one by one, and how many others there are. */
export interface ShownRules {
  readonly shown: readonly RuleVerdict[]
  /** Rules that were asked and have nothing to do with the request. */
  readonly left: number
  /** Rules that were not asked: an earlier one answers. */
  readonly later: number
}

/** @param all every rule that was asked, however many they are */
export function shownRules({ explanation: { rules, answeredBy } }: Outcome, all = false): ShownRules {
  // The first that matches answers: those after it are not asked.
  const asked = answeredBy === null ? rules : rules.slice(0, answeredBy + 1)
  const shown = all || rules.length <= MOST_SHOWN ? asked : nearest(asked)
  return { shown, left: asked.length - shown.length, later: rules.length - asked.length }
}

/** The rule that answers, those that allow the origin, and those that lack one thing; in their order. */
function nearest(asked: readonly RuleVerdict[]): readonly RuleVerdict[] {
  const near = new Set(
    [
      asked.filter(({ matches }) => matches),
      asked.filter(({ origin }) => origin !== null),
      asked.filter(({ missing }) => missing === 1),
    ].flat(),
  )
  const shown = new Set([...near].slice(0, MOST_SHOWN))
  return asked.filter(rule => shown.has(rule))
}

const isNear = ({ origin, missing }: RuleVerdict): boolean => origin !== null || missing === 1

/** "Allowed by rule 2", "Refused", …: without a full stop. */
export function verdictText({ explanation: { answeredBy, unusable }, answer }: Outcome): string {
  const because = unusable === null ? '' : `: ${unusable.reason}`
  if (answeredBy !== null) return `Allowed by rule ${answeredBy + 1}`
  return answer.status === null ? `No rule allows it${because}, and it is passed on` : `Refused${because}`
}

/** "Rule 2 would allow it but for `x-cos-acl`." Names stand in backticks. */
export function nearSentences({
  explanation: { rules, answeredBy, unusable },
  question,
}: Outcome): readonly string[] {
  if (answeredBy !== null || unusable !== null) return []
  const least = Math.min(...rules.map(({ missing }) => missing))
  if (least > NEAR) return []
  const near = rules.filter(rule => rule.missing === least && isNear(rule))
  const sentences = near.slice(0, MOST_NEAR).map(({ position, origin, methodHeld, missingHeaders }) => {
    const lacks = [
      ...(origin === null ? ['the origin'] : []),
      ...(methodHeld ? [] : [`the method ${quote(question.method)}`]),
      ...[...new Set(missingHeaders)].map(name => `\`${name}\``),
    ]
    return `Rule ${position + 1} would allow it but for ${lacks.join(' and ')}.`
  })
  const more = near.length - sentences.length
  return more > 0
    ? [...sentences, `${more} more ${more === 1 ? 'rule lacks' : 'rules lack'} as little.`]
    : sentences
}

/** Rules that list an origin of the same host, where none but a `*` allows the page's: a port or a scheme differs. */
export function nearOriginSentences({ explanation: { rules }, question }: Outcome): readonly string[] {
  if (rules.some(({ origin }) => origin !== null && origin !== '*')) return []
  const page = URL.parse(question.origin)
  if (page === null) return []
  const near = rules.flatMap(({ rule, position }) =>
    rule.allowedOrigins.flatMap(text => {
      const listed = URL.parse(text)
      if (listed === null || listed.hostname !== page.hostname) return []
      const parts = [
        ...(listed.protocol === page.protocol ? [] : ['scheme']),
        ...(listed.port === page.port ? [] : ['port']),
      ]
      return [
        `Rule ${position + 1} allows \`${quote(text)}\`, which differs in the ${parts.join(' and the ') || 'spelling'}.`,
      ]
    }),
  )
  return near.slice(0, MOST_NEAR)
}

/** A sentence about headers that the script sets and no preflight names, or null without any. */
export function unaskedSentence({ unasked, unlikely }: Outcome): string | null {
  const sentences = [
    ...(unasked.length === 0
      ? []
      : [`No preflight names ${unasked.join(', ')}: it needs no permission, or no script can set it.`]),
    ...(unlikely.length === 0
      ? []
      : [
          `A preflight may name ${unlikely.join(', ')}: with a value over 128 bytes, or with certain characters.`,
        ]),
  ]
  return sentences.length === 0 ? null : sentences.join(' ')
}

/** What a browser does: whether it asks, and what it makes of the answer. */
export function browserSentences({
  browser: { asks, verdict },
  question,
  unreadable,
}: Outcome): readonly string[] {
  const sentences: string[] = []
  if (!question.actual) {
    sentences.push(
      asks === null
        ? 'It sends the request without asking: method and headers are safelisted.'
        : `It asks first: ${asks}.`,
    )
  }
  if (verdict.goesOn) {
    const but =
      unreadable.length === 0 ? '' : `, but not ${unreadable.join(', ')}: the answer does not expose it`
    sentences.push(
      asks === null
        ? `The script may read the response${but}.`
        : `It goes on, and the script may read the response${but}.`,
    )
  } else {
    const fails = asks === null ? 'The script gets an error instead of the response' : 'It fails the request'
    sentences.push(`${fails}: ${verdict.reason}.`)
  }
  return sentences
}

/** For how long each browser remembers the preflight, in seconds; empty: none does. */
export const remembered = ({ browser: { remembers } }: Outcome): readonly (readonly [Browser, number])[] =>
  remembers === null ? [] : (Object.entries(remembers) as [Browser, number][])

/** The element of `CORSConfiguration` that an addition to a rule is. */
export const ELEMENT_OF = {
  'add-origin': 'AllowedOrigin',
  'add-method': 'AllowedMethod',
  'add-header': 'AllowedHeader',
  'add-expose': 'ExposeHeader',
} as const satisfies Record<Exclude<Step['kind'], 'add-rule'>, string>
