/**
 * @module
 * Writes docs/clients.md from the recorded clients: `node scripts/clients-document.ts`. test/unit/clients holds the
 * document to it.
 */

import { writeFileSync } from 'node:fs'
import type { Client, ClientOperation } from '../src/clients/client.ts'
import { CLIENTS } from '../src/clients/clients.ts'
import { starterRules } from '../src/clients/starter.ts'
import { writeXml } from '../src/formats/xml.ts'
import { READER_ANSWERS } from '../tools/clients/reader-answers.ts'

export const DOCUMENT = 'docs/clients.md'

/** What to set in a client so that it uses the edge, in words and code. */
const RECIPES: Readonly<Record<string, string>> = {
  'cos-js-sdk-v5': `Set \`Domain\` to the edge's domain. With \`ORIGIN=https://…\`, also set \`ForceSignHost: false\`, or \`RESIGN=on\` at the
edge for permanent keys ([deploy.md](deploy.md)). With temporary credentials use \`ForceSignHost: false\` or \`ORIGIN=route\`:

\`\`\`js
const cos = new COS({ Domain: 'files.example.com', ForceSignHost: false, getAuthorization })
\`\`\``,
  'cos-nodejs-sdk-v5': `The SDK runs on your server and sends no CORS requests. Presign with \`Domain\` set to the edge's domain and
\`ForceSignHost: false\`, and give the URL to the page.`,
  'aws-sdk-v3': `Set the edge as the endpoint. The edge needs \`RESIGN=on\` with the key, or \`ORIGIN=route\`, because SigV4 signs the host.
Temporary credentials need \`ORIGIN=route\`. For an edge that is one bucket, use \`bucketEndpoint\`:

\`\`\`js
const s3 = new S3Client({ region: 'us-east-1', bucketEndpoint: true, credentials })
await s3.send(new PutObjectCommand({ Bucket: 'https://files.example.com', Key: 'photo.png', Body: file }))
\`\`\`

\`requestChecksumCalculation: 'WHEN_REQUIRED'\` and \`responseChecksumValidation: 'WHEN_REQUIRED'\` ask for fewer headers.`,
  'minio-js': `The client runs on your server and sends no CORS requests. Presign with \`endPoint\` set to the edge's domain, and
\`RESIGN=on\` at the edge.`,
  'ali-oss': `Set \`endpoint\` to the edge's domain and \`cname: true\`.`,
  'uppy-aws-s3': `Set \`s3Endpoint\` to the edge's domain, or let \`signRequest\` return URLs on it. Multipart uploads need \`ETag\` exposed.`,
  dropzone: `Use \`method: 'PUT'\` and \`binaryBody: true\` with a presigned URL on the edge's domain. Dropzone adds \`cache-control\` and
\`x-requested-with\` by default; \`headers: { 'Cache-Control': null, 'X-Requested-With': null }\` removes them.`,
  filepond: `Use \`server.process\` with \`method: 'PUT'\` and \`ondata\` that returns the file, and a presigned URL on the edge's domain.`,
  pmtiles: `Pass the URL on the edge's domain. Without an exposed \`ETag\`, PMTiles can't notice that the archive changed between two
requests, and reports nothing.`,
  geotiff: `Pass the URL on the edge's domain to \`fromUrl\`.`,
  hyparquet: `Pass the URL on the edge's domain to \`asyncBufferFromUrl\`. It sends HEAD first.`,
  zarrita: `Pass the URL on the edge's domain to \`FetchStore\`. A missing chunk is normal: the bucket has to answer 404. S3 answers 403
for a missing object if the key has no \`ListBucket\` right; zarrita then fails.`,
  'zip-js': `Pass the URL on the edge's domain to \`HttpRangeReader\`, or to \`HttpReader\` with \`useRangeHeader: true\`.
\`combineSizeEocd\` saves a request, and sends a suffix range, which needs a preflight.`,
  'pdfjs-dist': `Pass the URL on the edge's domain to \`getDocument\`. Without the exposed headers below, PDF.js downloads the whole file
and reports nothing.`,
  'hls-js': `Pass the playlist's URL on the edge's domain to \`loadSource\`.`,
  browser: `No setting is needed. Elements use CORS only if they have \`crossorigin\`; modules and fonts always do.`,
}

const HEAD = `# Clients: which headers they ask for, and which they read

\`npm run clients:record\` runs the real packages in Chromium, in front of an edge that allows everything. It records what
their preflights ask for. It then hides each response header, and records what the client loses. The data is
\`src/clients/*.json\`; this page is written from it by \`node scripts/clients-document.ts\`.

\`\`\`sh
npm run rules -- clients                                              # the recorded clients and versions
npm run rules -- check --for aws-sdk-v3,pmtiles rules/HOST.xml        # what the rules lack for them
npm run -s rules -- starter --for aws-sdk-v3 --origin https://app.example.com   # the smallest rules
\`\`\`

The playground has the same choice: it lists what the rules lack for a client, and adds it in one click.

**How to read the tables.** "No preflight" means that the browser sends the request at once; a rule still has to allow the
origin and the method. A *required* header is a header without which the operation fails or sends other requests. Without an
*optional* header the operation works and loses a part of its result. \`x-amz-meta-author\` and \`x-cos-meta-author\` stand for
your own metadata: allow the names that you use. With \`MOUNT\` and pages on the same domain, none of this is needed: a
same-origin request has no preflight, and its page reads every header ([same-origin.md](same-origin.md)).

**Ranged readers.** A \`Range\` such as \`bytes=0-99\` needs no preflight. A suffix range (\`bytes=-99\`), \`If-Range\` and
\`If-None-Match\` need one. A script reads \`Content-Range\`, \`Accept-Ranges\` and \`ETag\` only if a rule exposes them.
\`Content-Length\` and \`Last-Modified\` are always readable. [What readers make of 304, 412, 416 and missing
objects](#ranges-conditions-and-missing-objects) is at the end of this page.

**How to record.** \`npm run clients:record\` installs the clients of \`tools/clients/package-lock.json\`, records all of them and
writes the changed files. \`npm run clients:record -- pmtiles\` records one. To record a newer version, change it in
\`tools/clients/package.json\`, run \`npm install\` there, record, and review the difference. To add a client, add an entry to
\`tools/clients/catalogue.ts\`, a page to \`tools/clients/pages/\` that holds its operations, and its import to
\`src/clients/clients.ts\`. \`node tools/clients/minimal.ts\` then shows that the rules of \`starter\` are enough, and that every
entry in them is needed.
`

/** The document, from the data. */
export const clientsDocument = (): string => [HEAD, ...CLIENTS.map(section), answers()].join('\n')

/** What readers make of other answers than 200 and 206, from tools/clients/reader-answers.ts. */
const answers = (): string => `## Ranges, conditions and missing objects

The edge passes these answers on with their CORS headers, so a reader sees the status. Without them it would only see a
network error. A rule has to allow the header (\`range\` of a suffix, \`if-match\`, \`if-none-match\`, \`if-range\`), because each
of them needs a preflight. \`node tools/clients/readers.ts\` checks this table with the real readers in Chromium.

| request | the reader gets |
|---|---|
${READER_ANSWERS.filter(each => each.answers.length === 1)
  .map(({ operation, answers: [answer = ''] }) => `| ${operation} | ${escaped(answer)} |`)
  .join('\n')}

**403 or 404.** For a missing object, S3 answers 404 \`NoSuchKey\` only to a key that may list the bucket (\`s3:ListBucket\`). To
a key that may only read objects, and to anonymous readers of a public bucket that may not be listed, it answers 403
\`AccessDenied\` (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html). The same holds for the key of \`SIGNING\`.
Other buckets may differ: try one missing object. Readers for which a missing object is normal fail with 403. Give that key
the right to list the bucket, or write every object.

| request | key may list: 404 | key may only read: 403 |
|---|---|---|
${READER_ANSWERS.filter(each => each.answers.length === 2)
  .map(
    ({ operation, answers: [found = '', denied = ''] }) =>
      `| ${operation} | ${escaped(found)} | ${escaped(denied)} |`,
  )
  .join('\n')}
`

function section(client: Client): string {
  const { id, title, package: name, version, operations } = client
  const origin = 'https://app.example.com'
  return `## ${title}

Name in commands: \`${id}\`. ${name === null ? 'Recorded in Chromium.' : `Recorded: \`${name}\` ${version}.`}

${RECIPES[id] ?? ''}

| operation | method | its preflight asks for |
|---|---|---|
${operations.flatMap(requestRows).join('\n')}
${readTable(operations)}
The smallest rules:

\`\`\`xml
${writeXml(starterRules([client], [origin])).trim()}
\`\`\`
`
}

const requestRows = ({ name, description, requests }: ClientOperation): string[] =>
  requests.map(({ method, preflight, headers }) => {
    const names = headers.map(header => `\`${header}\``).join(', ')
    return `| \`${name}\`: ${escaped(description)} | ${method} | ${preflight ? names || 'no header' : 'no preflight'} |`
  })

function readTable(operations: readonly ClientOperation[]): string {
  const rows = new Map<string, string[]>()
  for (const { name, reads } of operations)
    for (const { header, need, without } of reads) {
      const row = `\`${header}\` | ${need} | ${escaped(without)}`
      rows.set(row, [...(rows.get(row) ?? []), `\`${name}\``])
    }
  if (rows.size === 0) return '\nIt reads no header that has to be exposed.\n'
  const order = (row: string) => (row.includes('| required |') ? 0 : 1)
  const sorted = [...rows].sort(([one], [other]) => order(one) - order(other) || (one < other ? -1 : 1))
  return `
| header | need | without it, the operation | operations |
|---|---|---|---|
${sorted.map(([row, calls]) => `| ${row} | ${calls.join(', ')} |`).join('\n')}
`
}

const escaped = (text: string): string => text.replace(/[<|]/g, each => (each === '<' ? '&lt;' : '\\|'))

if (import.meta.main) {
  writeFileSync(DOCUMENT, clientsDocument())
  console.log(`${DOCUMENT} is written.`)
}
