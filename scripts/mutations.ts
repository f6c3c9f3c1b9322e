/**
 * @module
 * Ways to break the Worker that its tests must notice, each as the replacement of a text that stands in its source
 * exactly once; and the tests that are asked.
 */

/** Tests that are run together. */
export interface Share {
  readonly files: readonly string[]
  /** Whether they run the built Worker. It is then rebuilt for each mutation. */
  readonly built: boolean
}

export interface Mutation {
  /** What goes wrong, as its victim would put it. */
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
  readonly share: Share
}

const unit = (...files: readonly string[]): Share => ({
  files: files.map(file => `test/${file}.test.ts`),
  built: false,
})
const worker = (...files: readonly string[]): Share => ({
  files: files.map(file => `test/worker/${file}.test.ts`),
  built: true,
})

const ENGINE = unit(
  'unit/cors/decide',
  'unit/cors/pattern',
  'unit/cors/policy',
  'unit/cors/request-headers',
  'unit/explain/explain',
  'unit/cors/model',
  'unit/answers/preflight',
)
const ANSWERS = unit(
  'unit/answers/error-xml',
  'unit/answers/errors',
  'unit/answers/preflight',
  'unit/cors/model',
)
const ORIGIN = unit(
  'unit/bucket/request',
  'unit/bucket/response',
  'unit/answers/actual',
  'unit/bucket/url',
  'unit/bucket/send',
)
const SIGNATURES = unit('unit/bucket/signing/sign-cos', 'unit/bucket/signing/sign-s3', 'fuzz/signatures')
const RULES = unit(
  'unit/rules/record',
  'unit/rules/policies',
  'unit/rules/store',
  'model/answers',
  'fuzz/record',
)
const FORMATS = unit('unit/formats/xml', 'unit/formats/s3-json', 'unit/cors/lint', 'fuzz/documents')
const SETTINGS = unit('unit/settings/settings', 'fuzz/host-settings')
const MOUNT = unit('unit/bucket/mount/path', 'unit/bucket/mount/request', 'unit/bucket/mount/response')
const SANDBOX = unit('unit/bucket/mount/sandbox')
const MOUNT_SETTINGS = unit('unit/settings/mount')
const MOUNTED = worker('mount')
const MOUNT_CLIENTS = worker('mount-clients')
const DERIVED = unit('unit/answers/derived')
const ACTUAL = worker('actual', 'decisions', 'threats-policy')
const STATE = worker('rules', 'threats-state')
const SYNC = worker('sync')
const FAULTS = worker('fault-matrix', 'fault-matrix-unread')
const CACHE = worker('cache')
const AUTHORIZE = unit('unit/bucket/signing/authorize', 'unit/bucket/public-read')
const PUBLIC_READ = unit('unit/bucket/public-read')
const STORING = unit('unit/bucket/cache-control', 'unit/bucket/changes')
const SIGNING = worker('signing')
const PATHS = unit('unit/bucket/path-style')
const SEALS = unit('unit/package/seal')
const SEALED = worker('sealed')
const CHUNKS = worker('signed-chunks')
const EVENTS = unit('unit/telemetry/events')
const PROOF = unit('unit/cors/within', 'unit/compare/certificate')
const EVENTS_WORKER = worker('events')
const SECRETS = unit('unit/settings/secrets', 'unit/settings/settings')

/** The replacements of one file. */
const of = (
  file: string,
  share: Share,
  ...replacements: readonly (readonly [name: string, find: string, replace: string])[]
): Mutation[] => replacements.map(([name, find, replace]) => ({ name, file, find, replace, share }))

export const MUTATIONS: readonly Mutation[] = [
  ...of(
    'src/cors/pattern.ts',
    ENGINE,
    [
      'prefix and suffix of a pattern may overlap',
      'if (node === undefined || end - node.label.length < least || !text.endsWith',
      'if (node === undefined || !text.endsWith',
    ],
    [
      '`<=` for `<` in the length check: a star stands for one character at least',
      'end - node.label.length < least',
      'end - node.label.length <= least',
    ],
    [
      'prefix and suffix may overlap, as explained',
      'text.length >= star + suffix.length && text.startsWith',
      'text.startsWith',
    ],
    ['a pattern is its prefix only', 'pattern.slice(star + 1), true)', "'', true)"],
    ['a pattern is its suffix only', 'const prefix = pattern.slice(0, star)', "const prefix = ''"],
    [
      'of a shared prefix, the first character is compared',
      '|| !text.startsWith(node.label, from)) return',
      ') return',
    ],
    [
      'the longest exact origin matches nothing',
      'text.length <= this.#longestExact',
      'text.length < this.#longestExact',
    ],
    ['a lone * matches nothing', 'const found = copyOf(this.#all)', 'const found = emptySet()'],
    [
      'what one origin matched, the next one matches',
      'const found = copyOf(this.#all)',
      'const found = this.#all',
    ],
  ),
  ...of(
    'src/cors/rule-set.ts',
    ENGINE,
    ['the last rule that matches answers', 'clz32(word & -word)', 'clz32(word)'],
    ['rule 97 is taken for rule 65', 'else if (position < 96)', 'else if (position <= 96)'],
    ['rules after the 96th are not narrowed', '  set.d &= other.d\n', ''],
  ),
  ...of(
    'src/cors/decide.ts',
    ENGINE,
    [
      'origins are compared without case',
      'rulesForOrigin(policy, origin)\n',
      'rulesForOrigin(policy, origin.toLowerCase())\n',
    ],
    ['two Origin lines are one origin', " || origin.includes(',')", ''],
    [
      'an origin of the longest length is refused',
      'origin.length > MAX_ORIGIN_LENGTH',
      'origin.length >= MAX_ORIGIN_LENGTH',
    ],
    ['null gets credentials', "origin === 'null' ? rule.setsForNull : rule.sets", 'rule.sets'],
    [
      'null is matched by a pattern',
      "!policy.origins.hasStars || origin === 'null'",
      '!policy.origins.hasStars',
    ],
    [
      'what is remembered of one policy holds for another',
      'remembered?.serial === policy.serial',
      'remembered !== undefined',
    ],
    [
      'a remembered origin is narrowed by each request',
      'return copyOf(remembered.rules)',
      'return remembered.rules',
    ],
    ['an origin is remembered as its first request narrowed it', 'rules: copyOf(rules) }', 'rules }'],
    ['the method is not asked', 'intersect(candidates, allowing)', ''],
    [
      'the requested headers are not asked',
      'narrowByNames(requested.names, policy.headers, candidates)',
      'null',
    ],
    [
      'an invalid list counts as no list',
      "if (requested.problem !== null) return refused('header-list', requested.problem)",
      '',
    ],
  ),
  ...of(
    'src/cors/request-headers.ts',
    ENGINE,
    ['a literal * is echoed', "if (name === '*') return name", ''],
    [
      'requested names are compared with case',
      'names.push(upper ? name.toLowerCase() : name)',
      'names.push(name)',
    ],
    ['one empty item too many', '++empty > MAX_EMPTY_ITEMS)', '++empty > MAX_EMPTY_ITEMS + 1)'],
    [
      'two spaces before a name are too many',
      'start - at > MAX_WHITE_SPACE',
      'start - at >= MAX_WHITE_SPACE',
    ],
    [
      'a list of the longest length is refused',
      'list.length > limits.length',
      'list.length >= limits.length',
    ],
    [
      'a name of the longest length is refused',
      'at - start > limits.nameLength',
      'at - start >= limits.nameLength',
    ],
    [
      'a list that was cut is remembered as a whole one',
      'return names.length > limits.names ? tooManyNames(limits) : { names, problem',
      'return { names, problem',
    ],
    [
      'a remembered list is over the bound of another policy',
      'return read.names.length > limits.names ? tooManyNames(limits) : read',
      'return read',
    ],
    [
      'the separator of one dialect is remembered for the other',
      'requested.joined.get(separator)',
      "requested.joined.get(',')",
    ],
    [
      'what is no token is the end of a name',
      "if (at < length && list.charCodeAt(at) !== COMMA) return badList('not a list of header names')",
      '',
    ],
    [
      'the first requested name is asked only',
      'for (const name of names) {\n    // A requested `*`',
      'for (const name of names.slice(0, 1)) {\n    // A `*`',
    ],
    [
      'a long list of a rule is over the bounds',
      'names: Math.max(MAX_NAMES, names.size)',
      'names: MAX_NAMES',
    ],
  ),
  ...of(
    'src/cors/policy.ts',
    ENGINE,
    [
      'credentials with *',
      'const preflight: HeaderPair[] = [origin, methods]',
      'const preflight: HeaderPair[] = [origin, methods, WITH_CREDENTIALS]',
    ],
    [
      '* counts only as the first origin',
      "rule.allowedOrigins.includes('*')",
      "(rule.allowedOrigins[0] === '*')",
    ],
    [
      'header names of a rule keep their case',
      'rule.allowedHeaders.map(name => name.toLowerCase())',
      '[...rule.allowedHeaders]',
    ],
    [
      'a header pattern is answered as a name',
      "headers.some(name => name.includes('*'))",
      "headers.includes('*')",
    ],
    [
      'header wildcard ignored',
      'for (const header of rule.headers) addPositionOf',
      "for (const header of rule.headers) if (header !== '*') addPositionOf",
    ],
    ['nothing is exposed on preflights', '    preflight.push(exposed)\n', ''],
    ['max-age 0 dropped', 'if (rule.maxAgeSeconds !== null) {', 'if (rule.maxAgeSeconds) {'],
    ['ResponseVary is not honoured', 'dialect.honoursResponseVary && responseVary', 'false'],
    [
      'S3 honours ResponseVary',
      'dialect.vary ?? (dialect.honoursResponseVary && responseVary',
      '(responseVary',
    ],
    [
      'methods are answered in another order',
      'rule.allowedMethods.join(dialect.separator)',
      'METHODS.filter(method => rule.allowedMethods.includes(method)).join(dialect.separator)',
    ],
    ['an empty AllowedOrigin is indexed', "if (origin !== '') addPositionOf", 'addPositionOf'],
    ['actual responses repeat the preflight', 'repeats = dialect.actualRepeatsPreflight', 'repeats = true'],
    [
      'a rule that lists null has one header set for it and for others',
      "rule.origins.includes('null')",
      "rule.origins.includes('*')",
    ],
  ),
  ...of(
    'src/cors/dialect.ts',
    ENGINE,
    ['COS joins with a space', "separator: ',',", "separator: ', ',"],
    [
      'COS answers with the requested headers',
      'answersWithRuleHeaders: true',
      'answersWithRuleHeaders: false',
    ],
    [
      'S3 varies by Origin only',
      "vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method'",
      "vary: 'Origin'",
    ],
    ['S3 does not tell that there are no rules', 'namesMissingRules: true', 'namesMissingRules: false'],
  ),
  ...of(
    'src/explain/explain.ts',
    ENGINE,
    [
      'the explanation takes the last rule',
      'rules.find(verdict => verdict.matches)',
      'rules.findLast(verdict => verdict.matches)',
    ],
    [
      'the explanation matches null by patterns',
      "if (origin === 'null') return pattern === 'null' || pattern === '*'",
      '',
    ],
  ),
  ...of(
    'src/cors/lint.ts',
    FORMATS,
    ['100 rules are too many', 'rules.length > MAX_RULES', 'rules.length >= MAX_RULES'],
    ['methods outside the five are accepted', 'isMethod(text) ? null : unknownMethod(text)', 'null'],
    [
      'a header that is no token is accepted',
      "isToken(text) ? null : notToken('header-not-token', text)",
      'null',
    ],
    ['control characters are accepted', 'CONTROL.test(text) ? CONTROL_CHARACTER : check', 'check'],
    ['two stars in an origin are accepted', 'hasTwoStars(text) ? ORIGIN_TWO_STARS : null', 'null'],
  ),
  ...of('src/cors/findings.ts', FORMATS, [
    'findings are without bound',
    'if (this.#findings.length >= MAX_FINDINGS) this.#more++\n    else ',
    '',
  ]),
  ...of(
    'src/formats/xml-guard.ts',
    FORMATS,
    ['two roots are accepted', '++roots > 1', '++roots > 2'],
    ['one level too deep', 'opened.length >= MAX_DEPTH', 'opened.length > MAX_DEPTH'],
    [
      'a DOCTYPE is no declaration',
      "else if (xml.startsWith('<!', open)) return { at: open, code: 'doctype' }",
      '',
    ],
  ),
  ...of('src/formats/document.ts', FORMATS, [
    'a byte over 64 KB is accepted',
    '.byteLength <= MAX_DOCUMENT_BYTES',
    '.byteLength <= MAX_DOCUMENT_BYTES + 1',
  ]),
  ...of('src/formats/xml-references.ts', FORMATS, [
    'text is written without escapes',
    'text.replace(/[&<>"\']/g, c => NAMES.get(c) ?? c)',
    'text',
  ]),
  ...of(
    'src/answers/preflight.ts',
    ANSWERS,
    ['the origin is echoed where * is meant', 'if (!decision.rule.anyOrigin) headers.set', 'headers.set'],
    [
      'Allow-Headers is missing where it echoes',
      "if (decision.allowHeaders !== null) headers.set('access-control-allow-headers', decision.allowHeaders)",
      '',
    ],
    ['OPTIONS without Origin is a refusal', "if (origin === null || origin === '') return ORIGIN_NEEDED", ''],
    ['COS calls an unknown method a bad request', 'if (dialect.unknownMethodIsBadRequest && ', 'if ('],
    [
      'every refusal tells its reason',
      'const reason = debug ? reasonOf(decision) : undefined',
      'const reason = reasonOf(decision)',
    ],
  ),
  ...of(
    'src/answers/errors.ts',
    ANSWERS,
    ['a method of any length is quoted', 'method.length <= MAX_QUOTED_METHOD && ', ''],
    ['any text is quoted as a method', ' && isToken(method) ? method', ' ? method'],
    ['COS spells correctly', 'Access-Control-Requet-Headers', 'Access-Control-Request-Headers'],
    [
      'every path is an object',
      "return path === -1 || path === url.length - 1 || url[path + 1] === '?'",
      'return path === -1',
    ],
  ),
  ...of('src/answers/error-xml.ts', ANSWERS, [
    '< is not escaped',
    'const UNSAFE = /[&<>',
    'const UNSAFE = /[&>',
  ]),
  ...of(
    'src/answers/actual.ts',
    ORIGIN,
    [
      'upstream Access-Control-* is kept',
      'for (const name of [...headers.keys()]) if (name.startsWith(CORS_PREFIX)) headers.delete(name)',
      '',
    ],
    [
      'upstream Access-Control-* is kept where there are no rules',
      'for (const name of [...headers.keys()]) if (name.startsWith(CORS_PREFIX))',
      "for (const name of [...headers.keys()]) if (decision?.outcome !== 'no-rules' && name.startsWith(CORS_PREFIX))",
    ],
    [
      'Vary is missing where no rule matches',
      '  mergeVary(headers, decision?.outcome',
      "  if (decision?.outcome === 'allowed') mergeVary(headers, decision?.outcome",
    ],
    [
      'Vary is missing where no policy can be had',
      "if (decision?.outcome === 'no-rules') return response",
      "if (decision === null || decision.outcome === 'no-rules') return response",
    ],
    ['missing Vary', 'merged.size > listed.length)', 'merged.size > listed.length + 1)'],
    ['the upstream Vary is replaced', 'listed.forEach(add)', ''],
    ['Origin stands in Vary twice', 'isRepeated || ', ''],
    [
      'the origin is missing from actual responses',
      'if (!decision.rule.anyOrigin && origin !== null) headers.set',
      'if (false) headers.set',
    ],
  ),
  ...of(
    'src/bucket/mount/path.ts',
    MOUNT,
    ['/filesx is below /files', "return rest[0] === '/' ? origin + rest : null", 'return origin + rest'],
    [
      'a mount is compared without case',
      'if (!target.startsWith(mount)) return null',
      'if (!target.toLowerCase().startsWith(mount)) return null',
    ],
  ),
  ...of(
    'src/bucket/mount/request.ts',
    MOUNT,
    ['the site’s headers reach the bucket', 'else if (!isPassed) headers.delete(name)', ''],
    [
      'a Bearer token of the site reaches the bucket',
      "(name === 'authorization' && isSigned)",
      "name === 'authorization'",
    ],
    ['a signed cookie reaches the bucket', "if (covered.has('cookie')) return COOKIE_SIGNED", ''],
    ['the page’s address reaches the bucket', "else headers.set('referer',", "else headers.set('x-referer',"],
  ),
  ...of(
    'src/bucket/mount/response.ts',
    MOUNT,
    ['the bucket’s headers speak for the site', 'if (!isPassed) headers.delete(name)', ''],
    ['trusted content sets cookies', 'isTrusted && PASSED_TRUSTED.has(name)', 'isTrusted'],
    [
      'a redirect leaves the mount',
      'if (meant === null || !isBelow(meant, confines.base)) return false',
      'if (meant === null) return false',
    ],
    [
      'a redirect within the site leaves the mount',
      'asked.origin === page?.origin && withoutMount(confines.mount, bare(asked)) !== null',
      'asked.origin === page?.origin',
    ],
    ['a redirect shows the bucket’s own URL', "headers.set('location',", "headers.set('x-location',"],
    ['a sibling path of the bucket counts as below it', 'pathOf(base)}/`', 'pathOf(base)}`'],
  ),
  ...of(
    'src/bucket/mount/sandbox.ts',
    SANDBOX,
    ['a type that runs is kept', "headers.set('content-type', DOWNLOAD)", ''],
    ['+xml images run', "!type.endsWith('+xml')", 'true'],
    ['a second type in one line is not seen', '|"[^"\\\\]*"))*$/i', '|"[^"\\\\]*"))*/i'],
    [
      'an SVG runs in a tab',
      'type === null || type === SVG || type === DOWNLOAD',
      'type === null || type === DOWNLOAD',
    ],
    [
      'a replaced type is no download',
      'type === null || type === SVG || type === DOWNLOAD',
      'type === SVG || type === DOWNLOAD',
    ],
    ['the bucket’s type is lost', 'if (written !== null) headers.set(ORIGINAL_TYPE, written)', ''],
    ['a film stops in a tab', '/^(?:audio|video)\\//.test(type) ? MEDIA_POLICY : POLICY', 'POLICY'],
    ['a PDF is blank in Safari', "if (type === 'application/pdf') return", ''],
    ['an error document of the edge has no policy', '=> protect(headers, DOWNLOAD)', '=> undefined'],
    ['a 304 takes the sandbox off', "headers.delete('content-disposition')", ''],
    ['types are sniffed', "headers.set('x-content-type-options', 'nosniff')\n  // Safari", '// Safari'],
    ['no policy', "headers.set('content-security-policy', /^(?:audio", 'headers.delete(/^(?:audio'],
    ['the bucket’s own policy stays', "headers.delete('content-security-policy')", ''],
    ['a service worker may be asked for', "headers.get('service-worker') === 'script'", 'false'],
    ['every destination is data', 'destination !== null && !DATA_DESTINATIONS.has(destination)', 'false'],
  ),
  ...of(
    'src/worker/mount.ts',
    MOUNTED,
    [
      'a script is served from the sandbox',
      "isSandboxed(settings) && wantsToRun(asked) ? { kind: 'content-sandboxed' } : inBucket",
      'inBucket',
    ],
    ['the response is not filtered', 'keepListedHeaders(response.headers, !sandboxed)', ''],
    ['redirects are not confined', 'if (!isConfined) {', 'if (false) {'],
    ['the response is not sandboxed', 'if (sandboxed) sandboxResponse(response)', ''],
    [
      'the site’s own forms are refused',
      "mount !== '' && headers.get('sec-fetch-site') === 'same-origin'",
      'false',
    ],
  ),
  ...of(
    'src/worker/request.ts',
    MOUNTED,
    [
      'an error document of the edge has no sandbox below a mount',
      'if (!isBucket && isSandboxed(settings)) sandboxOwnResponse(response)',
      '',
    ],
    ['responses below a mount have no derived headers', 'derive(response, settings, cors)', ''],
  ),
  ...of('src/worker/request.ts', FAULTS, [
    'a host whose mount is unknown passes requests on',
    "policy.kind === 'assumed' && mayBeMounted(settings, asked)",
    'false',
  ]),
  ...of(
    'src/settings/mount.ts',
    MOUNT_SETTINGS,
    [
      'a mount is no sandbox by default',
      "userContent === null ? mount !== '' :",
      'userContent === null ? false :',
    ],
    ['a mount goes with ORIGIN=route', "mount === '' || upstream?.kind !== 'route'", 'true'],
  ),
  ...of('src/settings/host-settings.ts', MOUNT_SETTINGS, [
    'USER_CONTENT=trusted reaches a host with a mount of its own',
    "fields.has('mount') && base.userContent === 'trusted' ? { ...base, userContent: null } : base",
    'base',
  ]),
  ...of(
    'src/bucket/signing/authorize.ts',
    MOUNT_CLIENTS,
    [
      'SigV4 covers the path without the mount',
      "pathOf('coverage' in signature ? request.url : sentUrl)",
      'pathOf(request.url)',
    ],
    [
      'a COS signature covers the path with the mount',
      "pathOf('coverage' in signature ? request.url : sentUrl)",
      'pathOf(sentUrl)',
    ],
    [
      'a signature is good for two paths of a mount',
      'const places = other === null ? [arrived] : [arrived, {',
      'const places = other === null ? [arrived] : [arrived, { ...arrived, path: pathOf(sentUrl) }, {',
    ],
    [
      'a signature for the bucket covers the path with the mount',
      'path: pathOf(request.url) }]',
      'path: pathOf(sentUrl) }]',
    ],
    [
      'a signature for the bucket counts below a mount where ORIGIN has a path',
      "return host.includes('/') ? null : host",
      "return host.split('/', 1)[0] ?? null",
    ],
  ),
  ...of(
    'src/answers/derived.ts',
    DERIVED,
    [
      'the resource policy is left out',
      "if (resourcePolicy !== 'off') headers.set('cross-origin-resource-policy', resourcePolicy)",
      '',
    ],
    ['the bucket says who reads the timing', "headers.delete('timing-allow-origin')", ''],
    [
      'every origin reads the timing',
      "if (decision?.outcome !== 'allowed' || origin === null) return",
      "if (origin !== null) headers.set('timing-allow-origin', origin)\n  if (decision?.outcome !== 'allowed' || origin === null) return",
    ],
    ['a rule for every origin names one', "decision.rule.anyOrigin ? '*' : origin", 'origin'],
  ),
  ...of(
    'src/bucket/request.ts',
    ORIGIN,
    [
      'Origin goes upstream',
      "if (!keepCors && headers.has('origin') && !signatureCoversOrigin(request)) headers.delete('origin')",
      '',
    ],
    ['a signed Origin does not go upstream', ' && !signatureCoversOrigin(request)', ''],
    ['a list alone sends Origin upstream', 'if (!carriesCredentials(request)) return false', ''],
    ['X-Forwarded-* goes upstream', "['cf-', 'x-forwarded-']", "['cf-']"],
  ),
  ...of(
    'src/bucket/hop-by-hop.ts',
    ORIGIN,
    [
      'what Connection names goes on',
      'if (name.length <= MAX_OPTION && isToken(name) && !END_TO_END.test(name)) headers.delete(name)',
      '',
    ],
    [
      'Connection takes conditions and payload hashes away',
      '(?:if|content|x-(?:amz|cos|ci|oss|goog|obs))-.*',
      'content-.*',
    ],
  ),
  ...of(
    'src/bucket/signing/resign.ts',
    AUTHORIZE,
    [
      'a COS request is re-signed without what was covered',
      'if (lost !== undefined) return { refusal: notPassedOn(lost) }\n  const end',
      'const end',
    ],
    [
      'a SigV4 request is re-signed without what was covered',
      'lostHeaders(request).find(name => signature.signedHeaders.includes(name))',
      'lostHeaders(request).find(() => false)',
    ],
  ),
  ...of('src/bucket/signing/authorize.ts', AUTHORIZE, [
    'every request without credentials is signed',
    "settings.signing !== 'none' && isSignable(request, settings)",
    "settings.signing !== 'none'",
  ]),
  ...of(
    'src/bucket/signing/seal-format.ts',
    SEALS,
    [
      'an unknown restriction is ignored',
      'Object.keys(members).sort().join() !== MEMBERS',
      "!('s' in members)",
    ],
    ['a seal is the token of a seal', ' && !text.startsWith(SEAL_PREFIX)', ''],
    ['two texts are one seal', 'return toBase64Url(bytes) === text ? bytes : null', 'return bytes'],
    ['bytes that nobody packed are a token', 'head.length % 3 !== 0 || ', ''],
  ),
  ...of(
    'src/bucket/signing/open-seal.ts',
    SEALS,
    ['a seal opens for any host', 'if (!hosts.includes(hostnameOf(url)))', 'if (hosts.length === 0)'],
    ['a seal never expires', 'expires * 1000 > now ?', 'expires > 0 ?'],
    [
      'a text of any length is decoded',
      "if (text.length > MAX_SEALED_LENGTH) return refuse('the sealed text is too long')\n",
      '',
    ],
  ),
  ...of(
    'src/bucket/signing/open-seal.ts',
    SEALED,
    ['two tokens are one', "|| found.length > 1 ? 'ambiguous'", "? 'ambiguous'"],
    [
      'an encoded name hides a seal',
      'const MAY_HOLD_TOKEN = /security-token|%/i',
      'const MAY_HOLD_TOKEN = /security-token=/',
    ],
    ['a forwarded preflight carries a seal', 'return rest === query ? url :', 'return true ? url :'],
  ),
  ...of(
    'src/bucket/signing/authorize.ts',
    SEALED,
    [
      'a seal goes on where RESIGN is off',
      'if (sealed !== null) return',
      'if (sealed !== null && settings.resign) return',
    ],
    ['a SigV4 request need not cover its token', 'if (sealed.field !== field)', 'if (false)'],
    ['the real token is shown', '{ ...result, redact: redactToken(token) }', 'result'],
  ),
  ...of('src/bucket/signing/authorize.ts', worker('resign'), [
    'a server’s signature for the bucket is refused',
    'other === null ? [arrived]',
    'true ? [arrived]',
  ]),
  ...of(
    'src/bucket/signing/sealed-answer.ts',
    SEALED,
    [
      'a redirect shows the token',
      "headers.set('location', location.replace(/[?#].*$/s, ''))",
      "headers.set('location', location)",
    ],
    [
      'an error shows the encoded token',
      '    percent,\n    lowerHex(percent),\n    encodeURIComponent(token),\n',
      '',
    ],
  ),
  ...of(
    'src/bucket/signing/resign.ts',
    SEALED,
    [
      'a re-signed request outlives its seal',
      'signature.keyTime.end, credential.expires)',
      'signature.keyTime.end)',
    ],
    [
      'a presigned URL outlives its seal',
      'credential.expires - Math.floor(now / 1000)',
      'MAX_RESIGNED_EXPIRES',
    ],
  ),
  ...of(
    'src/bucket/signing/signed-chunks.ts',
    CHUNKS,
    [
      'a wrong chunk passes',
      "if (!(await old.verify('PAYLOAD', hash, signature))) return MISMATCH",
      'await old.verify("PAYLOAD", hash, signature)',
    ],
    [
      'a wrong trailer passes',
      "if (!(await old.verify('TRAILER', hash, signature))) return MISMATCH",
      'await old.verify("TRAILER", hash, signature)',
    ],
    ['data after the last chunk passes', 'refusal === null && (await source.fill(1))', 'false'],
    ['a chunk has any size', 'if (size > MAX_CHUNK_BYTES) return TOO_LARGE\n', ''],
  ),
  ...of(
    'src/bucket/signing/s3-chunks.ts',
    CHUNKS,
    ['every chunk depends on the request alone', '    this.#previous = claimed\n', ''],
    ['a chunk is signed for any day', 'date.slice(0, 8)', "'20260101'"],
  ),
  ...of(
    'src/bucket/signing/byte-source.ts',
    CHUNKS,
    ['bytes that were read are lost', '    this.#buffer.set(held)\n', ''],
    ['a line has any length', 'at < from + max', 'true'],
  ),
  ...of(
    'src/bucket/path-style.ts',
    PATHS,
    ['any bucket is this bucket', 'path.at(-1) === name', "name !== ''"],
    ['a key is the bucket', '/^\\/?\\?/.test(rest) && ', ''],
  ),
  ...of('src/bucket/url.ts', ORIGIN, ['an encoded dot segment passes', '(?:\\.|%2e){1,2}', '\\.{1,2}']),
  ...of('src/bucket/send.ts', ORIGIN, [
    'uploads are sent twice',
    '!retry || !mayBetter(first)',
    '!mayBetter(first)',
  ]),
  ...of(
    'src/bucket/signing/cos-signature.ts',
    SIGNATURES,
    ['a field of a signature may be repeated', 'pairs.length !== FIELDS.length || ', ''],
    ['lists of a signature are without bound', 'items.length > MAX_LISTED_NAMES ? null : ', ''],
    ['two signatures are one', "if (inHeader !== null) return malformed('two signatures')", ''],
  ),
  ...of(
    'src/bucket/signing/s3-signature.ts',
    SIGNATURES,
    [
      'a signature in the header hides one in the query',
      'if (presigned || !authorization',
      'if (!authorization',
    ],
    ['signed names keep their case', '.map(name => name.toLowerCase())', ''],
  ),
  ...of(
    'src/bucket/signing/sign-s3.ts',
    SIGNATURES,
    [
      'any signature is the right one',
      'isSame(await signer.signature(), signature.digest) ? { ok: true } : mismatch()',
      '{ ok: true }',
    ],
    [
      'x-amz-* headers need no signature',
      "!covered.has('host') || Array.from(request.headers).some(isBare)",
      "!covered.has('host')",
    ],
    ['a presigned URL gets more time than it had', 'Math.min(maxSeconds, left)', 'maxSeconds'],
    ['a presigned URL never expires', 'return now > at + expires * 1000 ?', 'return now === 0 ?'],
  ),
  ...of(
    'src/rules/decode.ts',
    RULES,
    [
      'a record that was changed is served',
      '(await revisionOf(configuration)) === revision',
      "revision !== ''",
    ],
    [
      'a record of schema 1 that was changed is served',
      '(await sha256(JSON.stringify([configuration, policy]))) === claimed',
      'claimed !== null && policy !== undefined && configuration !== null',
    ],
    ['a newer schema is read as this one', 'schema !== SCHEMA && schema !== 1', "typeof schema !== 'number'"],
    ['a record of any shape is served', 'if (hasShape(configuration)) return', 'return'],
    [
      'a document with errors is a bucket without rules',
      'if (configuration === null)\n',
      'if (findings.length > 1000)\n',
    ],
    ['a byte order mark makes a record unreadable', 'const json = text.trim()', 'const json = text'],
    [
      'rules of schema 1 belong to no settings',
      'return schema === SCHEMA ? { ...dated, settings, guardrail } : dated',
      'return { ...dated, settings, guardrail }',
    ],
  ),
  ...of(
    'src/rules/record.ts',
    RULES,
    ['the order of origins is another revision', '[...texts].sort()', '[...texts]'],
    ['the order of settings is another digest', '.sort(([a], [b]) => (a < b ? -1 : 1))', ''],
  ),
  ...of(
    'src/rules/policies.ts',
    RULES,
    [
      'a bad value replaces a good one',
      'if (held !== undefined && isGood(held.state)) {\n      held.rejected',
      'if (false) {\n      held.rejected',
    ],
    ['what was no policy long ago is served as one', 'if (!isGood(entry.state)) return null', ''],
    [
      "while KV fails, a host's own bucket is forgotten for that of the variables",
      'read ?? (held === undefined ? this.#assumed : { ...held, isPaired: true })',
      'read ?? this.#assumed',
    ],
    [
      'a guessed bucket becomes a good one by a publication',
      'if (held === undefined || held.values === null || held.state.settings === null) return',
      'if (held === undefined || held.state.settings === null) return',
    ],
    [
      'a bad value that was corrected is left for a whole POLICY_TTL_SECONDS',
      '(isSame && isGood(known.state) ? this.#ttlMs : this.#retryMs)',
      'this.#ttlMs',
    ],
    ['an older value replaces a newer one', 'if (isPropagating(held, read, now)) {', 'if (false) {'],
    ['an older value is never taken', 'now < propagatesUntil(held.version, held.seenAt) &&\n', ''],
    [
      'a document comes back over the record that replaced it',
      'read.values?.rules === held.replacedDocument)',
      'read.values === null)',
    ],
    ['half a publication is served', 'if (now - held.unpairedSince < PROPAGATION_MS) return held.state', ''],
    ['a new isolate serves half a publication', 'if (good !== null) {', 'if (good === null) {'],
    ['half a publication is not reported', 'if (!isReported) this.#deps.report(host, MISMATCH, true)', ''],
    [
      'a late read replaces a newer one',
      'if (before !== undefined && before.turn > turn && isGood(before.state)) return before',
      '',
    ],
    ['a version that is read again is new', 'seenAt: isSame ? before.seenAt : seenAt,', 'seenAt,'],
  ),
  ...of('src/rules/flights.ts', RULES, [
    'each request reads KV',
    'if (flight === undefined || restMs <= 0) return',
    'if (restMs > -1) return',
  ]),
  ...of('src/rules/flights.ts', RULES, [
    'requests wait for ever for one that is gone',
    'timer = setTimeout(() => resolve(null), timeoutMs)',
    'timer = setTimeout(() => resolve(null), 1e9 + timeoutMs)',
  ]),
  ...of('src/rules/policy-memory.ts', RULES, [
    'memory is without bound',
    'if (this.#bytes > MAX_BYTES) this.#makeRoom()',
    '',
  ]),
  ...of(
    'src/rules/order.ts',
    RULES,
    [
      'default rules are as new as the own ones of a host',
      'a.isDefault === b.isDefault ? a.publishedAt < b.publishedAt : a.isDefault',
      'a.publishedAt < b.publishedAt',
    ],
    [
      'a clock that is ahead protects its record for ever',
      'Math.min(publishedAt + SKEW_MS, seenAt)',
      'publishedAt + SKEW_MS',
    ],
    [
      'a record of long ago is protected when it is first read',
      'Math.min(publishedAt + SKEW_MS, seenAt)',
      'seenAt',
    ],
  ),
  ...of(
    'src/rules/last-known-good.ts',
    RULES,
    [
      'a value of another shape in the Cache API is a 500',
      'if (!isStored(stored)) return null',
      'if (stored === null || typeof stored !== "object") return null',
    ],
    [
      'an older value replaces a newer last known good one',
      'if (now < propagatesUntil(stored.version, stored.storedAt) && isOlder(version, stored.version)) return',
      '',
    ],
  ),
  ...of(
    'src/rules/host-decoder.ts',
    RULES,
    [
      'rules go with any settings',
      'return (await settingsDigest(bucket)) === settings',
      'return bucket !== undefined',
    ],
    ['default settings are compared', 'bucket === undefined || ', ''],
  ),
  ...of(
    'src/worker/write-through.ts',
    SYNC,
    [
      'an unsigned change makes the edge ask',
      '(SCHEMES.some(scheme => authorization.startsWith(scheme)) || others.some(name => SIGNATURES.has(name)))',
      'authorization !== "x"',
    ],
    ['any parameter may stand beside cors', 'others.every(name => SIGNATURE_PARAMETERS.has(name)) &&', ''],
    ['cors may stand twice', 'others.length === parameters.length - 1 &&', ''],
    [
      'the client waits for KV without bound',
      'await inTime(published).catch(error => logFailure(host, error))',
      'await published',
    ],
  ),
  ...of('src/worker/request.ts', SYNC, [
    'what the bucket refuses is published',
    "'response' in sent && sent.response.ok)",
    "'response' in sent)",
  ]),
  ...of(
    'src/sync/settle.ts',
    SYNC,
    ['the bucket is asked once', 'const MAX_ROUNDS = 4', 'const MAX_ROUNDS = 1'],
    ['other formats than XML are published', '!/^\\uFEFF?\\s*</.test(answer.text)', "answer.text === ''"],
    ['KV is asked once', 'const MAX_TRIES = 3', 'const MAX_TRIES = 1'],
    ['what was replaced meanwhile is written again', 'if (deps.isSuperseded(host, record)) return false', ''],
  ),
  ...of('src/sync/settle.ts', worker('guardrails'), [
    'rules beyond the guardrail are published',
    'if (refusal === null) return true',
    'return true',
  ]),
  ...of('src/bucket/cors-configuration.ts', SYNC, [
    'an object is published as a configuration',
    'if (OBJECT_HEADERS.some(name => response.headers.has(name)))',
    'if (response.status === 418)',
  ]),
  ...of(
    'src/worker/cron.ts',
    SYNC,
    ['one page of KV is read', 'if (page.list_complete) return', 'return'],
    ['requests are without bound', 'requests + CONCURRENCY * MAX_HOST_REQUESTS <= MAX_REQUESTS', 'true'],
  ),
  ...of('src/settings/table.ts', SETTINGS, [
    'a value that is nested deep throws',
    "return Array.isArray(value) ? '[…]' : '{…}'",
    'throw new Error(String(value))',
  ]),
  ...of('src/settings/host-settings.ts', SETTINGS, [
    'unknown fields are reported without bound',
    '.slice(0, MAX_UNKNOWN)',
    '',
  ]),
  ...of('src/settings/upstream.ts', SETTINGS, [
    'plain http is accepted',
    "(url.protocol === 'http:' && isLoopback(url.hostname))",
    "url.protocol === 'http:'",
  ]),
  ...of('src/worker/request.ts', STATE, ['an invalid Host is looked up', ' ?? invalidHost(asked)', '']),
  ...of(
    'src/worker/request.ts',
    ACTUAL,
    [
      'a request without Sec-Fetch-Mode is never refused',
      "return mode === null || mode === 'cors'",
      "return mode === 'cors'",
    ],
    ['form posts and images are refused', "return mode === null || mode === 'cors'", 'return true'],
    ['a page is refused its own origin', ' || origin === URL.parse(url)?.origin', ''],
    [
      'S3 ignores the request headers of an actual request',
      'if (!policy.dialect.actualReadsRequestHeaders)',
      'if (true)',
    ],
    ['UNMATCHED=forward refuses', "settings.unmatched === 'refuse' &&", ''],
  ),
  ...of(
    'src/worker/request.ts',
    FAULTS,
    [
      'while KV fails, another bucket is written to',
      'settings.upstream === null || !isRead',
      'settings.upstream === null',
    ],
    [
      'while KV fails, a key signs for another bucket',
      "if (policy.kind === 'assumed') return UNSURE_BUCKET",
      '',
    ],
    [
      "while KV fails, browsers may store another bucket's objects",
      "if (policy.kind === 'assumed') response.headers.set('cache-control', 'no-store')",
      '',
    ],
  ),
  ...of('src/worker/edge.ts', FAULTS, [
    "while KV fails, another bucket's objects are cached",
    "{ ...settings, cache: 'off' }",
    '{ ...settings }',
  ]),
  ...of(
    'src/worker/preflight.ts',
    STATE,
    [
      'no policy is taken for no rules',
      'if (rules === null) return askBucket(edge, found, dialect, request, options, waitedMs)',
      "if (rules === null) return answerPreflight(dialect, { outcome: 'no-rules' }, options, false)",
    ],
    ['a failing bucket answers a preflight', 'sent.response.status >= 500', 'sent.response.status >= 600'],
  ),
  ...of(
    'src/telemetry/events.ts',
    EVENTS,
    [
      'refusals are sampled',
      'const share = kind === PREFLIGHT.allowed ? this.#sampleAllowed : 1',
      'const share = this.#sampleAllowed',
    ],
    ['a flood buys lines without end', 'const isLine = kind.lines.take()', 'const isLine = true'],
    [
      'a point is over what Analytics Engine accepts',
      'if (text.length * 3 <= max) return text',
      'return text',
    ],
    ['a dataset that throws changes the answer', 'tellUnwritten(error)\n    }', 'throw error\n    }'],
    ['a query in Origin is logged', ".replace(/[?#].*$/s, '?…')", ''],
  ),
  ...of('src/telemetry/log.ts', EVENTS, [
    'dropped lines are not counted',
    'this.#asked === 1 ? this.#over : 0',
    '0',
  ]),
  ...of('src/bucket/invalidations.ts', CACHE, [
    'what a change has overtaken is kept',
    'return Math.max(this.#unknown, this.#changed.get(key) ?? 0) > moment',
    'return false',
  ]),
  ...of(
    'src/bucket/cache.ts',
    CACHE,
    ['what is private is stored', '  if (!allowsSharedStoring(headers)) return false\n', ''],
    ['a request with a cookie is answered from the cache', "headers.has('cookie') || ", ''],
    ['any request is answered from the cache', ' && isCacheable(request, settings)\n', '\n'],
    ['any request uses the cache under fetch', ' && isCacheable(request, settings) ?', ' ?'],
    ['an object of any size is stored', 'Number(length) > MAX_STORED_BYTES', 'length === "never"'],
    [
      'a part is stored as a whole',
      "status !== 200 || headers.has('content-range')",
      "headers.has('set-cookie')",
    ],
    ['a changed object is still answered from the cache', "if (change === 'object')", 'if (false)'],
    ['objects that a body names stay in the cache', "if (change === 'host')", 'if (false)'],
    ['a refused change invalidates', 'else if (sent.response.status < 400)', 'else'],
  ),
  ...of(
    'src/bucket/cache-entries.ts',
    CACHE,
    [
      'what another isolate stores late stays',
      'setTimeout(resolve, DELETE_AGAIN_MS)',
      'setTimeout(resolve, 86_400_000)',
    ],
    ['a truncated body is stored', '(await isComplete(whole)) && ', ''],
    [
      'a stored response has the cache’s own lifetime',
      '  for (const name of MOVED_FIELDS) move(response.headers, MOVED_PREFIX + name, name)\n',
      '',
    ],
    [
      'an invalid entry of the host is served',
      '? null : asReceived(found)',
      '? asReceived(found) : asReceived(found)',
    ],
    [
      'an encoded entry goes to whoever asks',
      'found === undefined || !acceptsEncoding(headers, found)',
      'found === undefined',
    ],
  ),
  ...of(
    'src/bucket/host-invalidations.ts',
    CACHE,
    ['only this isolate notices', 'await caches.default.put(', 'await Promise.resolve('],
    ['entries are invalid for ever', 'requestedAt <= at + CLOCK_SKEW_MS', 'requestedAt > 0'],
  ),
  ...of(
    'src/bucket/public-read.ts',
    PUBLIC_READ,
    ['any parameter is public', 'isImageProcessing(parameter, dialect)\n', 'parameter.length > 0\n'],
    ['a version may hold a token', 'VERSIONS.has(name) && VERSION_VALUE.test(value)', 'VERSIONS.has(name)'],
    ['one public parameter makes a query public', 'parameters.every(parameter', 'parameters.some(parameter'],
    ['the list of a bucket is signed', 'isObject(request.url) &&', ''],
    ['any header is signed', 'hasSignableHeaders(request.headers, isRemovedHeader)', 'true'],
    ['any header is cached', 'hasOrdinaryHeaders(request.headers, isRemovedHeader)', 'true'],
  ),
  ...of(
    'src/bucket/ordinary-headers.ts',
    PUBLIC_READ,
    ['a page’s session may be shared', "['sec-ch-', 'sec-fetch-']", "['sec-']"],
    [
      'vendors’ headers are signed',
      'isOrdinary(name) || SIGNABLE.has(name) || isRemoved(name))',
      "isOrdinary(name) || name.startsWith('x-amz-') || SIGNABLE.has(name) || isRemoved(name))",
    ],
  ),
  ...of(
    'src/bucket/image-processing.ts',
    PUBLIC_READ,
    ['an unknown operation is signed', '!values.has(name) || ', ''],
    ['a value may hold a pipe', '/^[\\w.!x-]{1,64}$/', '/^.{1,64}$/'],
    ['an unknown operation of a name is signed', 'PROCESS_OPERATIONS.has(operation) && ', ''],
    ['a video operation is signed', "kind === 'image' &&", ''],
  ),
  ...of(
    'src/bucket/cache-control.ts',
    STORING,
    ['the cookies of one client are stored for all', "if (headers.has('set-cookie')) return false\n", ''],
    [
      'a targeted field is ignored',
      'if (targeted !== undefined && targeted !== null) return allows(targeted)\n',
      '',
    ],
    [
      'what is private is stored',
      'if (directives.some(({ name }) => FORBIDDING.has(name))) return false',
      '',
    ],
    ['a lifetime of none is stored', ' && Number(value) > 0', ''],
    [
      'what can’t be parsed is stored',
      'return directives !== null && allowsStoring(directives)',
      'return directives === null || allowsStoring(directives)',
    ],
    ['what has expired is stored', 'return hasLifetime || !isExpired(headers)', 'return true'],
  ),
  ...of(
    'src/bucket/changes.ts',
    STORING,
    [
      'a deletion of many names its URL',
      "return names.some(name => OWN_OBJECT_POSTS.has(name)) ? 'object' : 'host'",
      "return 'object'",
    ],
    ['a rename leaves the old name', 'headers.has(RENAMING_HEADER) || ', ''],
  ),
  ...of('src/bucket/signing/authorize.ts', SIGNING, [
    'SIGNING signs nothing',
    'isSignable(request, settings)\n',
    'request.method === ""\n',
  ]),
  ...of('src/index.ts', worker('threats-proxying'), [
    'a thrown error reaches the client',
    'return failureResponse(edgeOf(env), request, { kind: ',
    'throw Object.assign(new Error(), { kind: ',
  ]),
  ...of(
    'src/worker/failures.ts',
    worker('threats-proxying', 'fault-matrix-bucket', 'methods'),
    [
      'a 503 does not say when to retry',
      "response.headers.set('retry-after'",
      "response.headers.has('retry-after'",
    ],
    [
      'a timeout of the bucket is a 502',
      "failure.failure === 'timeout' ? GATEWAY_TIMEOUT",
      "failure.failure === 'reset' ? GATEWAY_TIMEOUT",
    ],
    ['a 405 does not list the methods', "response.headers.set('allow'", "response.headers.has('allow'"],
  ),
  ...of('src/worker/failures.ts', unit('unit/worker/failures'), [
    "a client's fault is logged as an error",
    "log('info', 'request-incomplete'",
    "log('error', 'request-incomplete'",
  ]),
  ...of('src/worker/bucket.ts', worker('threats-trust', 'objects', 'route'), [
    'a signed read travels by the scheme of the client',
    'return isSigned ? signedUrl(url) : ownUrl(url)',
    'return ownUrl(url)',
  ]),
  ...of(
    'src/worker/settle-deps.ts',
    SYNC,
    ['the cache of the platform answers the sync', "cache: 'no-store' }", "cache: 'default' }"],
    [
      'a bucket that does not answer counts as one without rules',
      "return { kind: 'failure', code: answer.reason, detail: answer.detail }",
      "return { kind: 'none' }",
    ],
  ),
  ...of('src/worker/server-timing.ts', EVENTS_WORKER, [
    "the bucket's own Server-Timing is lost",
    "headers.append('server-timing', ofBucket)",
    "headers.has('server-timing')",
  ]),
  ...of(
    'src/answers/ids.ts',
    unit('unit/answers/ids'),
    ['two requests share an id', '(isolate.next + 1)', '(isolate.next | 1)'],
    ['isolates share their digits', 'crypto.getRandomValues(new Uint8Array(64))', 'new Uint8Array(64)'],
  ),
  ...of(
    'src/bucket/response.ts',
    ORIGIN,
    ['a hop-by-hop header reaches the client', 'dropHopByHop(headers)', 'void headers'],
    ["the bucket's alternative service reaches the client", "'alt-svc',", ''],
  ),
  ...of('src/bucket/upload.ts', worker('threats-trust', 'streaming'), [
    "a client's fault is blamed on the bucket",
    'failure.abort()',
    'void failure',
  ]),
  ...of(
    'src/bucket/signing/credentials.ts',
    unit('unit/bucket/signing/credentials', 'unit/bucket/signing/authorize'),
    [
      'a signature in the query is not seen',
      'parameters.test(queryOf(request.url))',
      'parameters.test(request.method)',
    ],
    ['a session token in a header is not seen', 'HEADERS.slice(1)', 'HEADERS.slice(0, 0)'],
  ),
  ...of(
    'src/bucket/signing/cos-canonical.ts',
    SIGNATURES,
    [
      'a covered parameter may be added twice',
      "if (names(found).join(';') !== [...covered].sort(byText).join(';')) return null",
      '',
    ],
    ['any number of parameters is read', 'if (pairs.length > MAX_QUERY_PARAMS) return null', ''],
    ['a plus sign in a query is not a space', "text.replaceAll('+', ' ')", 'text'],
  ),
  ...of(
    'src/bucket/signing/sign-cos.ts',
    SIGNATURES,
    [
      'an expired signature is valid',
      'Math.min(signTime.end, keyTime.end) < seconds',
      'Math.max(signTime.end, keyTime.end) < seconds',
    ],
    [
      'a signature of the future is valid',
      'Math.max(signTime.start, keyTime.start) > seconds',
      'Math.min(signTime.start, keyTime.start) > seconds',
    ],
  ),
  ...of('src/bucket/signing/wire.ts', worker('resign'), [
    'a header that the runtime changes counts as kept',
    '!CHANGED_ON_THE_WAY.has(name)',
    "name !== ''",
  ]),
  ...of(
    'src/settings/secrets.ts',
    SECRETS,
    ['a key without a valid secret is accepted', 'PART.test(id) && PART.test(secret)', 'PART.test(id)'],
    ['keys of any length are read', 'if (text.length > MAX_KEYS_LENGTH) return undefined', ''],
  ),
  ...of(
    'src/settings/requirements.ts',
    unit('unit/settings/settings', 'unit/settings/secrets'),
    ['SYNC runs without a key', '!(writeThrough || cron) || keys.size > 0', '!cron || keys.size > 0'],
    ['SIGNING runs without its secret', '!keys.has(secretId)', 'keys.size === 0'],
  ),
  ...of(
    'src/settings/values.ts',
    SETTINGS,
    ['a long wrong value is shown', 'text.length <= MAX_SHOWN ? text : notShown(text)', 'text'],
    [
      'a number out of its range is accepted',
      'Number(text) >= from && Number(text) <= to',
      'Number(text) >= from',
    ],
  ),
  ...of(
    'src/settings/mount.ts',
    unit('unit/settings/mount'),
    [
      'a mount may hide the files of the certificate authority',
      'RESERVED.some(name => segments[0]?.startsWith(name))',
      'RESERVED.some(name => segments[1]?.startsWith(name))',
    ],
    [
      'content runs where there is a mount',
      "userContent === null ? mount !== '' : ",
      'userContent === null ? false : ',
    ],
  ),
  ...of(
    'src/settings/settings.ts',
    unit('unit/settings/settings', 'unit/settings/secrets'),
    [
      'SECRET_ID loses to KEYS',
      'new Map([...listed, [secretId, secretKey]])',
      'new Map([[secretId, secretKey], ...listed])',
    ],
    ['an unknown part of SYNC is ignored', '!known || new Set(parts)', 'new Set(parts)'],
  ),
  ...of('src/rules/rules.ts', worker('methods'), [
    'CREDENTIALS=off is forgotten',
    'credentials ? this.#ready : this.#readyWithoutCredentials',
    'this.#ready',
  ]),
  ...of('src/rules/kv-keys.ts', unit('unit/rules/store'), [
    'rules are read from another key',
    '`cors:${',
    '`rules:${',
  ]),
  ...of(
    'src/rules/store.ts',
    unit('unit/rules/store'),
    [
      "a host's own rules lose to the default",
      'rules: ownRules ?? values.get(rulesKey(',
      'rules: values.get(rulesKey(',
    ],
    ['KV may hang', 'setTimeout(() => reject(', 'setTimeout(() => void ('],
  ),
  ...of('src/rules/host-state.ts', unit('unit/rules/policies'), [
    'a host without usable rules counts as good',
    "state?.kind === 'known' && state.rules !== null",
    "state?.kind === 'known'",
  ]),
  ...of(
    'src/cors/memo.ts',
    unit('unit/cors/hostile', 'unit/cors/memo'),
    ['the memo grows without end', 'if (this.#entries.size >= this.#most) this.#entries.clear()', ''],
    ['the memo holds texts of any length', 'if (text.length > MAX_TEXT) return\n    if', 'if'],
  ),
  ...of('src/cors/token.ts', FORMATS, [
    'a header name may have any character',
    'TOKEN.test(text)',
    "text !== ''",
  ]),
  ...of(
    'src/cors/configuration.ts',
    FORMATS,
    ['OPTIONS is a method of rules', "'DELETE', 'HEAD'] as const", "'DELETE', 'HEAD', 'OPTIONS'] as const"],
    ['101 rules are accepted', 'MAX_RULES = 100', 'MAX_RULES = 101'],
  ),
  ...of('src/formats/json-keys.ts', unit('unit/formats/json-keys'), [
    'the first of two equal keys is lost',
    'quotesIn(json) === quotesIn(JSON.stringify(value))',
    'quotesIn(json) >= quotesIn(JSON.stringify(value))',
  ]),
  ...of('src/formats/json.ts', unit('unit/formats/json-keys', 'unit/formats/s3-json'), [
    'JSON of any length is read',
    'if (tooLarge) return refused(tooLarge)',
    '',
  ]),
  ...of('src/formats/s3-json.ts', unit('unit/formats/s3-json'), [
    'a list under two names loses one',
    'if (list !== undefined && Object.hasOwn(value, list))',
    'if (list === undefined)',
  ]),
  ...of(
    'src/formats/xml.ts',
    unit('unit/formats/xml', 'fuzz/documents'),
    ['an element in a value is ignored', 'if (nested) {', 'if (nested === null) {'],
    ['another root is accepted', "return root.name === 'CORSConfiguration'", "return root.name !== ''"],
  ),
  ...of('src/formats/detect.ts', unit('unit/formats/rules'), [
    'a configuration of another vendor is not named',
    'keys.add(key)',
    'void key',
  ]),
  ...of('src/formats/read.ts', unit('unit/formats/read'), [
    'a binary file is read as text',
    "if (text.includes('\\0')) {",
    'if (text === null) {',
  ]),
  ...of(
    'src/cors/meeting.ts',
    PROOF,
    [
      'a text in which prefix and suffix overlap is missed',
      'if (!visit(prefix + suffix.slice(shared))) return false',
      '',
    ],
    ['a pattern longer than the text holds it', 'text.length >= pattern.length - 1 &&', ''],
  ),
  ...of(
    'src/cors/side.ts',
    PROOF,
    [
      'a pattern with * holds null',
      "origin === 'null' ? policy.origins.literal(origin)",
      "origin === '' ? policy.origins.literal(origin)",
    ],
    ['null gets credentials', "&& request.origin !== 'null'", ''],
  ),
  ...of('src/cors/counterexample.ts', PROOF, [
    'a counterexample is not asked of both sides',
    'if (holds(request)) return request',
    'return request',
  ]),
  ...of('src/cors/widening.ts', PROOF, [
    'a certificate names the wrong methods',
    '1 << METHODS.indexOf(method)',
    '2 << METHODS.indexOf(method)',
  ]),
  ...of(
    'src/cors/access.ts',
    PROOF,
    [
      'wider headers are missed',
      'common(rulesForOrigin(this.#upper, origin), headers)',
      'rulesForOrigin(this.#upper, origin)',
    ],
    ['wider methods are missed', 'common(covering, rulesForMethod(this.#upper, method))', 'covering'],
  ),
  ...of(
    'src/cors/shared-names.ts',
    PROOF,
    [
      'names that both rules allow are not compared',
      'if (!eachMeeting(pattern, other, look, looksAtOverlaps)) return true',
      'return true',
    ],
    ['any number of pairs is compared', 'if (this.#pairs > this.#maxPairs) {', 'if (this.#pairs < 0) {'],
  ),
  ...of(
    'src/cors/credentials.ts',
    PROOF,
    [
      'an earlier rule without credentials is ignored',
      'const before = earlier(this.#file, this.#file.open, method, rule)',
      'const before = earlier(this.#file, this.#file.open, method, 0)',
    ],
    [
      'credentials of a rule for every origin count',
      'if (this.#file.policy.rules[rule]?.anyOrigin !== false) continue',
      '',
    ],
  ),
  ...of('src/cors/within.ts', PROOF, [
    'what is undecided counts as proven',
    'proof.undecided === null ? true : null',
    'true',
  ]),
  ...of(
    'src/rules/guardrail.ts',
    worker('guardrails'),
    [
      'rules wider than the guardrail are served',
      'if (holds === true) return null',
      'if (holds !== null) return null',
    ],
    [
      'a guardrail that cannot be read accepts all rules',
      "return { code: 'guardrail-unusable'",
      "if (text !== '') return null\n    return { code: 'guardrail-unusable'",
    ],
    ['a record of another guardrail counts as proven', '=== (await guardrailDigest(text))', '!== null'],
  ),
  ...of(
    'src/bucket/signing/s3-chunks.ts',
    CHUNKS,
    ['any signature of a chunk is accepted', 'return isNext\n', 'return true\n'],
    ['a chunk may be moved', 'this.#previous = claimed', 'void claimed'],
  ),
  ...of('src/bucket/signing/byte-source.ts', CHUNKS, [
    'the beginning of a chunk is lost',
    'this.#buffer.set(held)\n',
    '\n',
  ]),
  ...of('src/bucket/read-bounded.ts', SYNC, [
    'a configuration of any length is read',
    'if (length <= maxBytes) continue',
    'continue',
  ]),
  ...of('src/bucket/signing/hex.ts', SIGNATURES, ['a byte has one digit', "padStart(2, '0')", 'padStart(1)']),
]
