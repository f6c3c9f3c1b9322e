/**
 * @module
 * Domains under which anybody can have a name.
 */

/** Hosts that give a name, or a bucket with a page in it, to anybody. The best known: a caller may know them all. */
const SHARED_HOSTS: ReadonlySet<string> = new Set([
  'github.io',
  'gitlab.io',
  'pages.dev',
  'workers.dev',
  'r2.dev',
  'vercel.app',
  'netlify.app',
  'web.app',
  'firebaseapp.com',
  'appspot.com',
  'run.app',
  'herokuapp.com',
  'onrender.com',
  'fly.dev',
  'surge.sh',
  'blogspot.com',
  'azurewebsites.net',
  'azurestaticapps.net',
  'cloudfront.net',
  'storage.googleapis.com',
  'myqcloud.com',
  'aliyuncs.com',
  'myhuaweicloud.com',
  'tcloudbaseapp.com',
])
/** The endpoints of object storage, whose buckets are names under them. */
const BUCKET_HOSTS: readonly RegExp[] = [
  /^cos(?:-website)?\.[a-z0-9-]{1,63}\.myqcloud\.com$/,
  /^s3(?:-website)?(?:[.-][a-z0-9-]{1,63})?\.amazonaws\.com$/,
  /^oss-[a-z0-9-]{1,63}\.aliyuncs\.com$/,
  /^obs(?:-website)?\.[a-z0-9-]{1,63}\.myhuaweicloud\.com$/,
  /^(?:z\d{1,2}\.)?(?:blob|web)\.core\.windows\.net$/,
]
/** `co.uk`, `com.cn`, …: what registries of countries sell names under. */
const COUNTRY_SUFFIX = /^(?:ac|co|com|edu|gob|gov|ne|net|or|org)\.[a-z]{2}$/
/** Top-level names that nobody can register. */
const PRIVATE_NAMES: ReadonlySet<string> = new Set([
  'localhost',
  'local',
  'test',
  'example',
  'invalid',
  'internal',
  'intranet',
  'corp',
  'home',
  'lan',
])

/** Returns true if anybody can register a name under `tail`: top-level domains and the best-known shared hosts. */
export const isObviousPublicSuffix = (tail: string): boolean =>
  tail.includes('.')
    ? SHARED_HOSTS.has(tail) || COUNTRY_SUFFIX.test(tail) || BUCKET_HOSTS.some(pattern => pattern.test(tail))
    : !PRIVATE_NAMES.has(tail)
