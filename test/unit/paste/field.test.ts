/**
 * What people really pasted, where the corpus is at hand: each file is read as its line here says. Our own cases of each
 * kind are in messages.ts, firefox-messages.ts, commands.test.ts and har.test.ts.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readPaste } from '../../../src/paste/read.ts'

const FOLDER = '../shared/field/reports'

/**
 * File: whose words, what they say, whose answer, method, origin, path, headers, credentials, status. `-` stands for what
 * the text leaves open.
 */
const READINGS: Readonly<Record<string, string>> = {
  'P01-de': 'Firefox allow-origin-missing either - - /photos/cat.png - - 403',
  'P02-fr': 'Firefox allow-origin-missing either - - /photos/cat.png - - 403',
  'P03-ja': 'Firefox allow-origin-missing either - - /photos/cat.png - - 403',
  'P04-zhtw': 'Firefox allow-origin-missing either - - /photos/cat.png - - 403',
  'P05-ru': 'Firefox allow-origin-missing either - - /photos/cat.png - - 403',
  'P06-zhcn-old': 'Firefox allow-origin-missing either - - /photos/cat.png - - -',
  'P07-de-then-networkerror': 'Firefox allow-origin-missing either - - /photos/cat.png - - 403',
  'P08-ff2014': 'Firefox blocked-by-cors-policy either - - /photos/cat.png - - -',
  'P09-geckoconsole': 'Firefox blocked-by-cors-policy either - - /photos/cat.png - - -',
  'P11-ff-nullvalue': 'Firefox allow-origin-mismatch either - - /photos/cat.png - - -',
  'P12-ff-mdlink': 'Firefox allow-origin-missing either PUT - /photos/cat.png - - 403',
  'P13-chrome-font-old': 'Chrome allow-origin-missing request GET https://shop.example.com / - - -',
  'P14-chrome-redirected-old': 'Chrome redirect-denied request - - / - - -',
  'P15-chrome-redirect-at': 'Chrome redirect-denied request - https://app.example.com /photos/cat.png - - -',
  'P16-edge-sec7120': 'Edge Legacy allow-origin-missing either - https://shop.example.com - - - -',
  'P17-edge-sec7123': 'Edge Legacy header-not-allowed preflight - - - authorization - -',
  'P18-safari-nostatus': 'Safari preflight-not-ok preflight - - /videos/s3/multipart/lmz.mp4 - - -',
  'P19-safari-capacitor': 'Safari origin-not-allowed either - capacitor://localhost /photos/cat.png - - -',
  'P20-electron-app': 'Chrome allow-origin-missing preflight - app://. /photos/cat.png - - -',
  'P21-chrome-ext':
    'Chrome allow-origin-missing preflight - chrome-extension://abcdefghijklmnopabcdefghijklmnop /photos/cat.png - - -',
  'P22-logcat': 'Chrome allow-origin-missing preflight - file:// /photos/cat.png - - -',
  'P24-sentry':
    'Chrome header-not-allowed preflight - https://app.example.com /photos/cat.png x-amz-checksum-crc32 - -',
  'P25-slack': 'Chrome allow-origin-missing preflight - https://app.example.com /photos/cat.png - - -',
  'P26-spaces': 'Chrome allow-origin-missing preflight - http://localhost:8080 / - - -',
  'P27-html-entities':
    'Chrome allow-origin-missing preflight - https://app.example.com /photos/cat.png - - -',
  'P28-oss-xhr-error': 'Chrome preflight-not-ok preflight POST - /photos/cat.png - - 403',
  'P29-oss-noframe': 'Chrome header-not-allowed preflight - - - x-oss-user-agent - -',
  'P30-chrome-okstatus-old': 'Chrome preflight-not-ok preflight PUT - /photos/cat.png - - 403',
  'P31-wildcard-creds-old':
    'Chrome wildcard-with-credentials request - https://shop.example.com /photos/cat.png - credentials -',
  'P32-acao-false': 'Chrome allow-origin-invalid preflight - https://app.example.com /photos/cat.png - - -',
  'P33-tauri': 'Safari origin-not-allowed request - tauri://localhost /photos/cat.png - - 403',
  'P34-ff-loads-md': 'Firefox allow-origin-missing either - - /photos/cat.png - - 403',
  'P35-chrome-quoted-md':
    'Chrome allow-origin-missing preflight - https://app.example.com /photos/cat.png - - -',
  'P36-beacon': 'Chrome wildcard-with-credentials preflight - https://app.example.com /log - credentials -',
  'P37-ff-multi-fr': 'Firefox method-not-allowed preflight - - /photos/cat.png - - -',
  'P38-sdkv3-chrome': 'Chrome allow-origin-missing preflight PUT https://app.example.com /avatar.jpeg - - -',
  'P39-redirect-from-to': 'Chrome redirect-denied request - - /photos/cat.png - - -',
  'P41-Font-capital': 'Chrome allow-origin-missing request GET https://shop.example.com /f.woff2 - - 403',
  'P42-two-origins-wrapped':
    'Chrome allow-origin-mismatch request - https://app.example.com:8443 /photos/cat.png - - -',
  'P43-ff-didnotsucceed': 'Firefox did-not-succeed either - - /my-media/uploads/a.mp4 - - -',
  'P44-safari10': 'Safari preflight-not-ok preflight - - / - - 403',
  'P45-aws-many': 'Chrome allow-origin-missing preflight - http://localhost:8080 / - - 403',
  'P46-options-prefix': 'Chrome allow-origin-missing preflight - http://example.com /trailer.mp4 - - -',
  'P47-mozilla-loopback': 'Firefox allow-origin-missing preflight PUT - /k - - -',
  'C01-fetch-node':
    'fetch - either PUT https://app.example.com /photos/cat.png content-type+authorization credentials -',
  'C03-powershell': 'command - either PUT https://app.example.com /photos/cat.png content-type+x-cos-acl - -',
  'C04-postman':
    'curl - preflight PUT https://app.example.com /photos/cat.png content-type+authorization - -',
  'C05-dump-header': 'curl - either PUT https://app.example.com /photos/cat.png content-type - -',
  'C07-interface': 'curl - either PUT https://app.example.com /photos/cat.png - - -',
  'C08-minio-preflight': 'curl - preflight PUT http://10.11.8.11:10002 /photos/cat.png content-type - -',
  'C09-trailing-slash-origin': 'curl - either PUT https://app.example.com/ /photos/cat.png content-type - -',
  'C10-cmd-multiline': 'curl - either POST https://app.example.com /photos/cat.png x-cos-security-token - -',
  'C11-ff-win': 'curl - either PUT https://app.example.com /photos/cat.png content-type+x-cos-acl - -',
  'C12-empty-acrh': 'curl - preflight PUT https://app.example.com /photos/cat.png - - -',
  'C13-verbose-output': 'curl - preflight PUT https://app.example.com /photos/cat.png - - 403',
  'C14-httpie': 'command - preflight PUT https://app.example.com /photos/cat.png - - -',
  'C15-wget': 'command - either PUT https://app.example.com /photos/cat.png - - -',
  'C16-nodefetch-await':
    'fetch - either PUT https://app.example.com /photos/cat.png content-type+x-cos-security-token - -',
  'C17-smartquotes': 'curl - preflight PUT https://app.example.com /k - - -',
  'C19-acrm-no-options': 'curl - request GET https://app.example.com /k - - -',
  'C20-head-I-options': 'curl - preflight GET https://app.example.com /k x-requested-with - -',
  'C21-star-origin': 'curl - either GET * /k - - -',
  'C22-origin-noscheme': 'curl - either GET www.example.com /k - - -',
  'H01-chrome': 'har - preflight PUT https://app.example.com /photos/cat.png content-type+x-cos-acl - 403',
  'H04-adblock-first':
    'har - preflight PUT https://app.example.com /photos/cat.png content-type+x-cos-acl - 403',
  'H05-sso-form-first':
    'har - preflight PUT https://app.example.com /photos/cat.png content-type+x-cos-acl - 403',
  'H06-fiddler-bom':
    'har - preflight PUT https://app.example.com /photos/cat.png content-type+x-cos-acl - 403',
  'H07-safari': 'har - preflight PUT https://app.example.com /photos/cat.png content-type+x-cos-acl - 403',
  'H08-firefox': 'har - preflight PUT https://app.example.com /photos/cat.png content-type+x-cos-acl - 403',
  'H09-charles': 'har - preflight PUT https://app.example.com /photos/cat.png content-type+x-cos-acl - 403',
  'H10-ws-only': 'problem: The HAR has no CORS request: only an opened page, a WebSocke',
  'H11-put-noacao': 'har - request PUT https://app.example.com /photos/cat.png content-type - 200',
  'H12-img-nocors': 'problem: The HAR has no CORS request to files.example.com: only an im',
}

/** The reading of a text as one line. */
function lineOf(text: string): string {
  const paste = readPaste(text, 'files.example.com')
  if ('problem' in paste) return `problem: ${paste.problem.slice(0, 60)}`
  const { preflight, method, origin, url, headers, credentials } = paste.request
  return [
    paste.browser ?? paste.kind,
    paste.says,
    preflight === true ? 'preflight' : preflight === false ? 'request' : 'either',
    method,
    origin,
    url?.replace('https://files.example.com', ''),
    headers.join('+') || null,
    credentials ? 'credentials' : null,
    paste.status,
  ]
    .map(part => part ?? '-')
    .join(' ')
}

describe.skipIf(!existsSync(FOLDER))('readPaste() of the field corpus', () => {
  const files = existsSync(FOLDER)
    ? ['paste', 'cmd'].flatMap(folder => readdirSync(`${FOLDER}/${folder}`).map(file => `${folder}/${file}`))
    : []

  test.each(files)('reads %s as the table says', file => {
    const name = file.replace(/^\w+\/|\.\w+$/g, '')
    expect(lineOf(readFileSync(`${FOLDER}/${file}`, 'utf8'))).toBe(READINGS[name])
  })

  test('has a line for every file, and no other', () => {
    expect(Object.keys(READINGS).sort()).toEqual(files.map(file => file.replace(/^\w+\/|\.\w+$/g, '')).sort())
  })
})
