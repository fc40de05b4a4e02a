const METHODS = 'test/client-authentication.e2e-spec.ts';
const KEYS = 'test/client-keys.e2e-spec.ts';
const BY_REFERENCE = 'test/client-keys-by-reference.e2e-spec.ts';
const ROTATION = 'test/credential-rotation.e2e-spec.ts';
const FILES = 'test/credential-files.spec.ts';
const EXPIRY = 'test/credential-expiry.e2e-spec.ts';
const CONNECTIONS = 'test/client-certificate-connections.e2e-spec.ts';

const authentication = 'src/bff/oauth-client/client-authentication.ts';
const jwks = 'src/bff/key-material/private-jwks.ts';
const certificate = 'src/bff/key-material/client-certificate.ts';
const relations = 'src/bff/options/credential-relations.ts';
const certificates = 'src/bff/oauth-client/client-certificates.ts';
const expiry = 'src/bff/oauth-client/credential-expiry.ts';
const watched = 'src/bff/key-material/watched-files.ts';

const entry = (rule, what, file, find, replace, tests, name) => ({
  rule,
  what,
  file,
  find,
  replace,
  tests,
  ...(name && { name }),
});

export default [
  entry(
    'C1',
    'client_secret_basic is basic',
    authentication,
    'ClientSecretBasic(clientSecret)',
    'ClientSecretPost(clientSecret)',
    METHODS,
  ),
  entry(
    'C2',
    'client_secret_post is post',
    authentication,
    'ClientSecretPost(clientSecret)',
    'ClientSecretBasic(clientSecret)',
    METHODS,
  ),
  entry(
    'C3',
    'client_secret_jwt signs, and sends no secret',
    authentication,
    'ClientSecretJwt(clientSecret, typed(clientAssertionTyp))',
    'ClientSecretPost(clientSecret)',
    METHODS,
  ),
  entry(
    'C3',
    'a secret that signs is as long as the hash',
    relations,
    'clientSecret.length < HS256_LENGTH',
    'false',
    FILES,
  ),
  entry('C4', 'an assertion names its key', authentication, 'kid: signingKey.kid', "kid: ''", METHODS),
  entry(
    'C4',
    'an assertion has the typ that is wanted',
    authentication,
    "header['typ'] = typ;",
    "header['typ'] = 'JWT';",
    METHODS,
  ),
  entry(
    'C4',
    '/jwks shows nothing of the file but what was derived',
    jwks,
    'const members = { crv, x, y, n, e };',
    "const members = { crv, x, y, n, e, d: key.export({ format: 'jwk' }).d };",
    KEYS,
  ),
  entry('C4', 'both halves belong together', jwks, ' && belongsTogether(key) ? key', ' ? key', FILES),
  entry('C4', 'RSA keys are long enough', jwks, '< LEAST_RSA_BITS', '< 0', FILES),
  entry('C4', 'the end of a key is a time', jwks, '!Number.isNaN(new Date(exp * 1000).getTime())', 'true', FILES),
  entry('C4', 'two keys don’t share a kid', jwks, 'kids.indexOf(kids[index]) < index', 'false', FILES),
  entry(
    'C4',
    'a new key doesn’t sign before copies of /jwks have ended',
    'src/bff/oauth-client/succession.ts',
    '5 * JWKS_MAX_AGE * 1000',
    '0',
    BY_REFERENCE,
  ),
  entry(
    'C5',
    'a self-signed certificate stands at /jwks',
    certificates,
    'this.selfSigned ? [...this.all, ...this.retired.keys()]',
    'false ? [...this.all, ...this.retired.keys()]',
    KEYS,
  ),
  entry(
    'C5',
    'a self-signed certificate isn’t shown before servers can know it',
    certificates,
    'const mustWait = this.selfSigned &&',
    'const mustWait = false &&',
    BY_REFERENCE,
  ),
  entry(
    'C5',
    'proxies are shown no client certificate',
    'src/bff/outbound.ts',
    'proxyTls: toProxy',
    'proxyTls: connect',
    CONNECTIONS,
  ),
  entry(
    'C5',
    'the certificate goes through a proxy’s tunnel',
    'src/bff/outbound.ts',
    'requestTls: connect',
    'requestTls: toProxy',
    CONNECTIONS,
  ),
  entry(
    'C5',
    'certificates aren’t configured where no TLS shows them',
    relations,
    "&& url?.startsWith('http:')",
    '&& url === undefined',
    FILES,
  ),
  entry(
    'F5',
    'mutual TLS uses the aliases',
    'src/bff/oauth-client/metadata.ts',
    'use_mtls_endpoint_aliases: clientCertFile !== undefined',
    'use_mtls_endpoint_aliases: false',
    CONNECTIONS,
  ),
  entry('C6', 'the chain comes along', certificate, 'cert: certPem,', 'cert: own.toString(),', METHODS),
  entry(
    'C6',
    'the key is the certificate’s',
    certificate,
    '!own.checkPrivateKey(readCertificateKey(keyPem))',
    'false',
    FILES,
  ),
  entry(
    'C6',
    'a refusal in the handshake is one of the client',
    'src/bff/oauth-client/http.ts',
    'CERTIFICATE_REFUSED.test(codeOf(error))',
    'false',
    CONNECTIONS,
  ),
  entry('C7', 'files are looked at', watched, 'if (stamp !== this.stamp) {', 'if (false) {', KEYS),
  entry(
    'C7',
    'what can’t be used leaves the old content',
    watched,
    'this.refusal = { reason: reasonOf(error), said: false };',
    'throw error;',
    KEYS,
  ),
  entry(
    'C7',
    'what stands for a while and can’t be used is told',
    watched,
    'this.observer.refused(this.refusal.reason);',
    '',
    KEYS,
  ),
  entry(
    'C7',
    'a file in which nothing signs is refused',
    jwks,
    "if (!keys.some(({ use }) => use === 'sig'))",
    'if (false)',
    KEYS,
  ),
  entry(
    'C7',
    'a new certificate is shown in new connections',
    'src/bff/oauth-client/credentials.ts',
    '() => this.own?.renew()',
    '() => undefined',
    ROTATION,
  ),
  entry(
    'C7',
    'new authorities are trusted in new connections',
    'src/bff/outbound.ts',
    '    dispatcher.renew();\n',
    '',
    ROTATION,
  ),
  entry(
    'C7',
    'requests under way end where they began',
    'src/bff/renewable-dispatcher.ts',
    'const closed = before.close().catch(() => {});',
    'const closed = before.destroy();',
    'test/renewable-dispatcher.spec.ts',
  ),
  entry('C8', 'the end is warned of in time', expiry, 'left > this.warning * 1000', 'left > 0', EXPIRY),
  entry('C8', 'the end is an error', expiry, "left > 0 ? 'expiring' : 'expired'", "'expiring'", EXPIRY),
  entry('C8', 'once a day is enough', expiry, '< REMINDER) return', '< 0) return', EXPIRY),
  entry(
    'C8',
    'the metric says when',
    'src/bff/oauth-client/credentials.ts',
    'this.observer.known(credentials);',
    '',
    EXPIRY,
  ),
];
