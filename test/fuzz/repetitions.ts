/**
 * @module
 * Reads texts that repeat one piece, with every reader of what people paste. Run by repetitions.test.ts as a process of
 * its own: a regular expression that takes exponential time can't be interrupted from within. Prints each piece first.
 */

import { readRulesAdvised } from '../../src/advice/read.ts'
import { browserOriginOf } from '../../src/explain/browser-origin.ts'
import { askedNames } from '../../src/explain/safelist.ts'
import { readPaste } from '../../src/paste/read.ts'

/** What the readers' regular expressions look for: white space, quotes, brackets, comments, signs. */
const PIECES = [
  ...[' ', '\n', '\t', '\r\n', ' \n', '-', '- ', ':', ',', ';', '=', '.', '*', '%', '^', '\\', '`', '&', '#'],
  ...['"', "'", '(', ')', '[', ']', '{', '}', '<', '>', '/', '|', '\uFEFF', '\u200b', '“'],
  ...['/**/', '/* *', '//\n', '// ', '<!--', '-->', '<?', '<![CDATA[', '&amp;', '://', 'a', 'a:', 'a ', 'A='],
  ...['"a":', "'a',", '"",', 'a=[', 'CORS', 'Access-Control-', 'https://a', ';"a"="b"', '\\"', '`"', "\\'"],
]
/** What stands before: nothing, or what makes a reader look closer. */
const BEGINNINGS = [
  ...[
    '',
    'https://',
    '[',
    '{"CORSRules":[',
    '<CORSConfiguration>',
    'curl ',
    'curl -H "',
    'fetch("https://a", {',
  ],
  ...['Invoke-WebRequest -Headers @{', 'Access to fetch at ', 'Cross-Origin Request Blocked: (Reason: CORS '],
]
const ENDS = ['', 'x', '\n!']
/** As much as a document may have. */
const LENGTH = 60_000

for (const piece of PIECES) {
  console.log(JSON.stringify(piece))
  for (const beginning of BEGINNINGS) {
    for (const end of ENDS) {
      const text = beginning + piece.repeat(Math.floor(LENGTH / piece.length)) + end
      await readRulesAdvised(text)
      readPaste(text)
      browserOriginOf(text)
      askedNames([{ name: 'content-type', value: text }])
    }
  }
}
