const errors = 'src/bff/error.filter.ts';
const redact = 'src/bff/redact.ts';
const answers = 'test/errors-answers.spec.ts';
const nginx = 'test/nginx.e2e-spec.ts';
const outbound = 'test/outbound.e2e-spec.ts';
const management = 'test/operations-management.e2e-spec.ts';
const bad = 'test/bad-input.e2e-spec.ts';
const words = 'test/redact.spec.ts';

const entry = (rule, what, file, find, replace, tests) => ({ rule, what, file, find, replace, tests });

export default [
  entry('B21', 'pages say frame-ancestors', 'src/bff/security-headers.ts', `frameAncestors: ["'none'"],`, '', [
    nginx,
    answers,
  ]),
  entry(
    'B21',
    'HSTS over https',
    'src/bff/security-headers.ts',
    'https ? { maxAge: 31_536_000 } : false',
    'false',
    nginx,
  ),
  entry(
    'B21',
    'everything of ours says no-store',
    'src/bff/security-headers.ts',
    "['Cache-Control', 'no-store']",
    "['Cache-Control', 'private']",
    [nginx, answers],
  ),
  entry('B21', 'pages say no-referrer', 'src/bff/security-headers.ts', "policy: 'no-referrer'", "policy: 'origin'", [
    nginx,
    answers,
  ]),
  entry(
    'S4',
    'two Hosts are refused',
    'src/bff/edge.middleware.ts',
    "if (namesTwoHosts(request)) throw new BffError('invalid_request');",
    '',
    bad,
  ),
  entry(
    'S4',
    'the absolute form is refused',
    'src/bff/edge.middleware.ts',
    "if (!request.originalUrl.startsWith('/')) throw new BffError('invalid_request');",
    '',
    bad,
  ),
  entry(
    'S4',
    'a page escapes what it shows',
    'src/bff/page.ts',
    'text.replace(/[&<>"\']/g, character => `&#${character.charCodeAt(0)};`)',
    'text',
    'test/errors.spec.ts',
  ),
  entry(
    'R6',
    'storage that is gone is a 503',
    errors,
    'if (thrown instanceof StorageUnavailable)',
    'if (thrown instanceof StorageUnavailable && thrown.message === "")',
    management,
  ),
  entry(
    'R6',
    'Retry-After says when',
    errors,
    "if (retryAfter !== undefined && retryAfter > 0) response.setHeader('Retry-After', retryAfter);",
    '',
    management,
  ),
  entry(
    'S3',
    'an error’s reason stays in the log',
    'src/bff/errors.ts',
    "super({ type: 'about:blank', title, status, code, detail }, status",
    "super({ type: 'about:blank', title, status, code, detail: options.reason ?? detail }, status",
    'test/errors.spec.ts',
  ),
  entry(
    'S3',
    'texts of others are redacted',
    'src/bff/events.ts',
    'FOREIGN.has(name) ? redact(String(value)) : value',
    'value',
    'test/operations-secrets.e2e-spec.ts',
  ),
  entry('S3', 'JWTs go', redact, "[/\\beyJ[\\w-]+(?:\\.[\\w-]*)+/g, '[jwt]'],", '', words),
  entry('S3', 'cookies go', redact, "[/(__Host-[\\w.~-]+=)[^\\s;,\"']+/gi, '$1[redacted]'],", '', words),
  entry('S3', 'credentials go', redact, "[/\\b(Bearer|Basic|DPoP)\\s+[\\w+/=.~-]+/gi, '$1 [redacted]'],", '', words),
  entry(
    'S3',
    'line breaks go',
    redact,
    "text.slice(0, LONGEST).replace(CONTROLS, ' ')",
    'text.slice(0, LONGEST)',
    words,
  ),
  entry(
    'S3',
    'what is long and random goes',
    redact,
    "[\\w~+-]{20,}={0,2}`, 'gi'), '[redacted]'],",
    "[\\w~+-]{20,}={0,2}`, 'gi'), '$&'],",
    words,
  ),
  entry(
    'P1',
    'a private CA is trusted',
    'src/bff/key-material/certificates.ts',
    "return [...getCACertificates('default'), pem];",
    "return getCACertificates('default');",
    outbound,
  ),
  entry(
    'P1',
    'plain http only where it is allowed',
    'src/bff/oauth-client/http.ts',
    'if (!isSecureUrl(target, options.allowHttpFor)) {',
    'if (!target) {',
    outbound,
  ),
  entry(
    'P5',
    'redirects are not followed',
    'src/bff/oauth-client/http.ts',
    'options.dispatcher.request({',
    "options.dispatcher.compose((await import('undici')).interceptors.redirect({ maxRedirections: 3 })).request({",
    outbound,
  ),
  entry(
    'B3',
    'INSECURE_COOKIES is for loopback alone',
    'src/bff/secure-url.ts',
    "hostname === 'localhost' ||",
    'true ||',
    'test/operations-dangers.e2e-spec.ts',
  ),
];
