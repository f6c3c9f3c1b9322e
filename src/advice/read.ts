/**
 * @module
 * Reads rules with advice, for people. The Worker reads without advice and does not carry this code.
 */

import type { Reading } from '../cors/findings.ts'
import { readDocument } from '../formats/read.ts'
import { type RulesFormat, type RulesReading, readRules } from '../formats/rules.ts'
import { adviseDocument } from './advise.ts'

/** Reads a document of the bucket's own formats with advice. Never throws or rejects. */
export const readAdvised = (text: string): Promise<Reading> => readDocument(text, adviseDocument)

/** Reads rules of any format with advice. Never throws or rejects. */
export const readRulesAdvised = (text: string, format?: RulesFormat): Promise<RulesReading> =>
  readRules(text, format, adviseDocument)
