/**
 * @module
 * What of others is in the built Worker, from the bundler's own account of it: `node scripts/third-party.ts` writes
 * docs/third-party.md. test/unit/surface.test.ts holds the document to it.
 */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** What `npm run build` leaves: which files went into which output. */
const METAFILE = 'dist/bundle-meta.json'
export const DOCUMENT = 'docs/third-party.md'

interface Metafile {
  readonly outputs: Record<
    string,
    { readonly entryPoint?: string; readonly inputs: Record<string, { readonly bytesInOutput: number }> }
  >
}

export interface Part {
  readonly name: string
  readonly version: string
  /** SPDX, as its package.json says. */
  readonly licence: string
  readonly home: string
  /** Its licence file, whole; null: it ships none. */
  readonly text: string | null
}

/** Everything with at least one byte in the Worker: the project's own sources, and packages by their folder. */
export function bundled(): { own: string[]; packages: string[]; others: string[] } {
  const { outputs } = JSON.parse(readFileSync(METAFILE, 'utf8')) as Metafile
  const worker = Object.values(outputs).find(({ entryPoint }) => entryPoint === 'src/index.ts')
  if (worker === undefined) throw new Error(`${METAFILE} has no output of src/index.ts`)
  const inputs = Object.entries(worker.inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path)
  const folderOf = (path: string) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]
  const isOwn = (path: string) => path.startsWith('src/')
  return {
    own: inputs.filter(isOwn),
    packages: [...new Set(inputs.flatMap(path => folderOf(path) ?? []))],
    others: inputs.filter(path => !isOwn(path) && folderOf(path) === undefined),
  }
}

function partOf(folder: string): Part {
  const described = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as {
    name: string
    version: string
    license?: string
    repository?: { url?: string }
  }
  const file = readdirSync(folder).find(name => /^licen[cs]e(?:\.|$)/i.test(name))
  return {
    name: described.name,
    version: described.version,
    licence: described.license ?? 'not stated',
    home: (described.repository?.url ?? '').replace(/^git\+|\.git$/g, ''),
    text: file === undefined ? null : readFileSync(`${folder}/${file}`, 'utf8').trim(),
  }
}

/** The packages of the Worker, by name. */
export const thirdParty = (): Part[] =>
  bundled()
    .packages.map(partOf)
    .sort((a, b) => (a.name < b.name ? -1 : 1))

/** The document as it has to be. */
export function thirdPartyDocument(): string {
  const parts = thirdParty()
  const rows = parts.map(
    ({ name, version, licence, home }) => `| [${name}](${home}) | ${version} | ${licence} |`,
  )
  // Packages of one author often share a text: each is given once.
  const texts = Map.groupBy(parts, ({ text }) => text)
  const notices = [...texts].map(([text, from]) => {
    const names = from.map(({ name }) => name).join(', ')
    return `### ${names}\n\n${text === null ? `Ships no licence text; its package.json says ${from[0]?.licence}.` : `\`\`\`\n${text}\n\`\`\``}`
  })
  return `# What of others is in the Worker

\`dist/index.js\` holds code of these packages, and of no others. The list is made from the bundler's own account of the
build, by \`npm run build && node scripts/third-party.ts\`; a test fails when it is not up to date. Tools that only
build and test are in \`package.json\`, and not in the Worker.

| package | version | licence |
|---|---|---|
${rows.join('\n')}

## Licences

${notices.join('\n\n')}
`
}

if (import.meta.main) {
  if (!existsSync(METAFILE)) throw new Error(`${METAFILE} is not there: npm run build`)
  writeFileSync(DOCUMENT, thirdPartyDocument())
  console.log(`${DOCUMENT}: ${thirdParty().length} packages`)
}
