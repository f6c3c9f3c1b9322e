/**
 * @module
 * Reading for people. The Worker reads without advice: it has nobody to advise and need not carry that code.
 */

import { adviseDocument } from '../cors/advice.ts'
import type { Reading } from '../cors/findings.ts'
import { readDocument } from './read.ts'

/** As `readDocument`, with all that is worth telling about a document that may well be served. */
export const readAdvised = (text: string): Promise<Reading> => readDocument(text, adviseDocument)
