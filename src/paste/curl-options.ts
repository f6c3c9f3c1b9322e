/**
 * @module
 * curl's options that take a value, by what is done with it. From `curl --help all` of 7.88 and the option table of
 * curlconverter 4.12 (curl 8.2); test/unit/paste/commands.test.ts compares the table with the machine's curl.
 */

export type CurlOption =
  | 'header'
  | 'method'
  | 'url'
  | 'cookie'
  | 'authorization'
  | 'referer'
  | 'range'
  | 'resume'
  | 'data'
  | 'json'
  | 'form'
  | 'upload'
  | 'condition'
  | 'config'
  | 'other'

/** The options that shape the request. */
const SHAPING: Readonly<Record<string, CurlOption>> = {
  header: 'header',
  request: 'method',
  url: 'url',
  cookie: 'cookie',
  user: 'authorization',
  'oauth2-bearer': 'authorization',
  'aws-sigv4': 'authorization',
  referer: 'referer',
  range: 'range',
  'continue-at': 'resume',
  data: 'data',
  'data-ascii': 'data',
  'data-binary': 'data',
  'data-raw': 'data',
  'data-urlencode': 'data',
  json: 'json',
  form: 'form',
  'form-string': 'form',
  'upload-file': 'upload',
  'time-cond': 'condition',
  'etag-compare': 'condition',
  config: 'config',
}

/** The other options with a value: the value belongs to the option and is neither a URL nor a flag. */
const OTHERS = `
  3p-quote 3p-url 3p-user abstract-unix-socket alt-svc cacert capath cert cert-type ciphers
  connect-timeout connect-to cookie-jar create-file-mode crlfile curves delegation dns-interface
  dns-ipv4-addr dns-ipv6-addr dns-servers doh-url dump-header egd-file engine etag-save expect100-timeout
  ftp-account ftp-alternative-to-user ftp-method ftp-port ftp-ssl-ccc-mode happy-eyeballs-timeout-ms
  haproxy-clientip hostpubmd5 hostpubsha256 hsts http-request interface keepalive-time key key-type krb
  krb4 libcurl limit-rate local-port login-options mail-auth mail-from mail-rcpt max-filesize max-redirs
  max-time netrc-file noproxy output output-dir parallel-max pass pinnedpubkey preproxy proto
  proto-default proto-redir proxy proxy-cacert proxy-capath proxy-cert proxy-cert-type proxy-ciphers
  proxy-crlfile proxy-header proxy-key proxy-key-type proxy-pass proxy-pinnedpubkey proxy-service-name
  proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword proxy-tlsuser proxy-user proxy1.0 pubkey quote
  random-file rate request-target resolve retry retry-delay retry-max-time sasl-authzid service-name
  socks4 socks4a socks5 socks5-gssapi-service socks5-hostname speed-limit speed-time stderr telnet-option
  telnet-options tftp-blksize tls-max tls13-ciphers tlsauthtype tlspassword tlsuser trace trace-ascii
  unix-socket url-query user-agent write-out`

const SHORT: Readonly<Record<string, string>> = {
  A: 'user-agent',
  b: 'cookie',
  c: 'cookie-jar',
  C: 'continue-at',
  d: 'data',
  D: 'dump-header',
  e: 'referer',
  E: 'cert',
  F: 'form',
  H: 'header',
  K: 'config',
  m: 'max-time',
  o: 'output',
  P: 'ftp-port',
  Q: 'quote',
  r: 'range',
  t: 'telnet-option',
  T: 'upload-file',
  u: 'user',
  U: 'proxy-user',
  w: 'write-out',
  x: 'proxy',
  X: 'request',
  y: 'speed-time',
  Y: 'speed-limit',
  z: 'time-cond',
}

const LONG: ReadonlyMap<string, CurlOption> = new Map([
  ...OTHERS.trim()
    .split(/\s+/)
    .map(name => [name, 'other'] as const),
  ...Object.entries(SHAPING),
])
/** Returns what is done with the value of a long option, or null for a flag. */
export const longOption = (name: string): CurlOption | null => LONG.get(name) ?? null

/** Returns what is done with the value of a one-letter option, or null for a flag. */
export const shortOption = (letter: string): CurlOption | null => LONG.get(SHORT[letter] ?? '') ?? null

/** Every long option with a value. */
export const OPTIONS_WITH_VALUE: readonly string[] = [...LONG.keys()]
