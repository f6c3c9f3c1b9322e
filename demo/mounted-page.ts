/**
 * @module
 * The second name of the demo page. Below `/files` of that name is the bucket, as a route of the page's own domain would
 * put it there, so that the page needs no preflight. The edge knows the mount from rules/buckets.json.
 */

import { type IncomingMessage, request, type ServerResponse } from 'node:http'

/** Settings go by host name without port, so it is another name than the edge's own. Every browser knows it. */
export const MOUNTED_HOST = '127.0.0.1'
export const MOUNT = '/files'

/** Whether a request of the mounted page is for the bucket. */
export const isBelowMount = (path: string): boolean => /^\/files(?:[/?]|$)/.test(path)

/** Passes a request on to the edge as it is, Host included, and the answer back. */
export function passToEdge(edge: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { hostname, port } = new URL(edge)
  const { method, url: path, rawHeaders: headers } = incoming
  const onward = request({ hostname, port, path, method, headers, setHost: false }, answer => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  response.on('close', () => onward.destroy())
  incoming.pipe(onward)
}
