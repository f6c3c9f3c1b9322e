/**
 * @module
 * MOUNT and USER_CONTENT: the bucket below a path of the page's own domain.
 */

import type { Upstream } from './upstream.ts'
import type { Reader, SettingProblem } from './values.ts'

/** Bytes of a mount. */
const MAX_MOUNT = 128
/** The beginnings of paths that RFC 8615 and Cloudflare reserve. */
const RESERVED = ['.well-known', 'cdn-cgi']

/** A path of plain segments, or `off`, which is read as no mount. */
export const MOUNT: Reader<string> = {
  accepted:
    'a path such as /files: segments of A-Z a-z 0-9 . _ ~ -, at most 128 bytes, no / at the end, not /.well-known or /cdn-cgi; or off',
  read(text) {
    if (text === 'off') return ''
    if (text.length > MAX_MOUNT || !/^(?:\/[A-Za-z0-9._~-]+)+$/.test(text)) return undefined
    const segments = text.split('/').slice(1)
    if (segments.some(segment => segment === '.' || segment === '..')) return undefined
    return RESERVED.some(name => segments[0]?.startsWith(name)) ? undefined : text
  },
}

/** The settings of a host that concern what its objects may do. */
export interface UserContent {
  readonly mount: string
  /** null: `sandbox` with a mount, else `trusted`. */
  readonly userContent: 'sandbox' | 'trusted' | null
}

/** Returns true if objects are served such that no browser runs them. */
export const isSandboxed = ({ mount, userContent }: UserContent): boolean =>
  userContent === null ? mount !== '' : userContent === 'sandbox'

/** Returns a problem if the host is its own bucket: below a mount, that is the page's own server. */
export function mountWithRoute(
  { mount, upstream }: { readonly mount: string; readonly upstream: Upstream | null },
  code: string,
  name: string,
): SettingProblem[] {
  return mount === '' || upstream?.kind !== 'route'
    ? []
    : [{ code, name, value: mount, accepted: "no mount, because ORIGIN is route: the page's own server" }]
}
