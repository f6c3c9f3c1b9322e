/**
 * @module
 * The pages of the clients: `pages/<client>.js` as a bundle, in a page of its own.
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Runs an operation. This function is evaluated in the page. */
export async function runOperation({
  operation,
  ctx,
  timeout,
  noResult,
}: {
  operation: string
  ctx: unknown
  timeout: number
  noResult: string
}): Promise<{ value: unknown; error: string | null }> {
  const { operations } = window as unknown as { operations: Record<string, (ctx: unknown) => unknown> }
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error(noResult)), timeout))
  try {
    const value = await Promise.race([operations[operation]?.(ctx), late])
    return { value: JSON.parse(JSON.stringify(value ?? null)), error: null }
  } catch (error) {
    const { message, name } = (error ?? {}) as Partial<Error>
    return { value: undefined, error: String(message || name || error).split('\n')[0] ?? '' }
  }
}

/** Serves `/<client>.html`, and the bundle of `pages/<client>.js` that it loads. */
export async function servePages(): Promise<{ port: number; close(): void }> {
  const bundles = new Map<string, Promise<Uint8Array>>()
  const server = createServer(async ({ url = '/' }, response) => {
    const [, client = '', kind = ''] = /^\/([\w-]+)\.(html|js|mjs)$/.exec(url) ?? []
    response.setHeader('content-type', `text/${kind === 'html' ? 'html' : 'javascript'}; charset=utf-8`)
    if (kind === 'html')
      return void response.end(`<!doctype html><body><script type=module src=/${client}.js></script>`)
    if (kind === '') return void response.writeHead(404).end()
    const bundle = bundles.get(client) ?? bundlePage(client)
    bundles.set(client, bundle)
    response.end(await bundle)
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => server.close().closeAllConnections(),
  }
}

async function bundlePage(client: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [at(`pages/${client}.js`)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'chrome120',
    define: { global: 'globalThis' },
    logLevel: 'error',
  })
  return outputFiles[0]?.contents ?? new Uint8Array()
}
