const dpop = 'src/bff/oauth-client/dpop.ts';
const nonces = 'src/bff/oauth-client/dpop-nonces.ts';
const push = 'src/bff/oauth-client/pushed-authorization-request.ts';
const client = 'src/bff/oauth-client/oauth-client.ts';
const proxy = 'src/bff/api-proxy/api-proxy.ts';
const authorization = 'src/bff/api-proxy/authorization.ts';
const real = 'test/dpop.e2e-spec.ts';
const hostile = 'test/dpop-hostile.e2e-spec.ts';
const certificate = 'test/certificate-bound.e2e-spec.ts';

const entry = (rule, what, file, find, replace, tests) => ({ rule, what, file, find, replace, tests });
const again = 'dpop && isDPoPNonceError(error) ? pushOnce() : Promise.reject(error)';

export default [
  entry('F6', 'a push is repeated with the nonce that was asked for', push, again, 'Promise.reject(error)', real),
  entry('P5', 'use_dpop_nonce is no refusal yet', push, again, 'Promise.reject(error)', real),
  entry(
    'F6',
    'a nonce is learnt from the authorization server’s answers',
    dpop,
    "nonces.learn(new URL(url).origin, response.headers.get('dpop-nonce'));",
    '',
    hostile,
  ),
  entry(
    'F6',
    'a nonce goes to the server that gave it',
    nonces,
    'return this.newest.get(origin);',
    'return [...this.newest.values(), this.newest.get(origin)].at(0);',
    hostile,
  ),
  entry('F6', 'what can be no nonce isn’t learnt', nonces, ' || !NONCE.test(nonce)', '', 'test/dpop.spec.ts'),
  entry('F6', 'nonces are bounded', nonces, 'this.newest.size > MOST_SERVERS && ', 'false && ', 'test/dpop.spec.ts'),
  entry('F6', 'a nonce is learnt from an API', proxy, 'nonces.learn(target.route.origin, nonceOf(answer));', '', real),
  entry(
    'F6',
    'an API that wants a nonce gets the call again',
    proxy,
    'if (!lacksNonce(first) || hasBody(call.request)) return first;',
    'return first;',
    real,
  ),
  entry(
    'F6',
    'a call whose body is gone isn’t repeated without it',
    proxy,
    '!lacksNonce(first) || hasBody(call.request)',
    '!lacksNonce(first)',
    hostile,
  ),
  entry(
    'R12',
    'a nonce that is lacking forces no refresh',
    proxy,
    'answered.answer.status === 401 && !lacksNonce(answered)',
    'answered.answer.status === 401',
    hostile,
  ),
  entry(
    'F6',
    'a proof is for the address without its query',
    authorization,
    "const [path = '/'] = target.path.split('?', 1);",
    'const { path } = target;',
    real,
  ),
  entry('F6', 'a proof is for its token', 'src/bff/oauth-client/dpop-proof.ts', 'htu: url, ath,', 'htu: url,', real),
  entry(
    'F6',
    'a bound token is never sent as a bearer token',
    authorization,
    '`DPoP ${accessToken}`',
    '`Bearer ${accessToken}`',
    real,
  ),
  entry(
    'B17',
    'a proof doesn’t come back to the browser',
    authorization,
    'secrets: [accessToken, proof]',
    'secrets: [accessToken]',
    real,
  ),
  entry(
    'F6',
    'a bearer token where a bound one was asked for is refused',
    dpop,
    "if ((tokenType === 'dpop') === (dpop !== undefined)) return undefined;",
    'return undefined;',
    hostile,
  ),
  entry(
    'F6',
    '… and given back',
    client,
    "await this.revoke(tokens.accessToken, 'access_token').catch(() => {});",
    '',
    hostile,
  ),
  entry(
    'F6',
    'the code is bound to the key, too',
    client,
    "if (proof.DPoP) parameters.set('dpop_jkt', await proof.DPoP.calculateThumbprint());",
    '',
    real,
  ),
  entry('F6', 'a refresh keeps the session’s key', 'src/bff/tokens/refresh.ts', 'dpop: tokens.dpopKey ?? ', 'dpop: ', [
    'test/dpop-switched.e2e-spec.ts',
    real,
  ]),
  entry(
    'F6',
    'a login has one key from its push to its tokens',
    'src/bff/login/authorization-request.ts',
    '...(options.dpop && { dpopSeed: seed }),',
    '',
    real,
  ),
  entry(
    'F6',
    'a server that can’t check our proofs is told of before a login begins',
    'src/bff/oauth-client/binding-metadata.ts',
    "!algs.includes('ES256')",
    'false',
    hostile,
  ),
  entry(
    'F5',
    'calls with a certificate go to the mTLS aliases',
    'src/bff/oauth-client/metadata.ts',
    'use_mtls_endpoint_aliases: clientCertFile !== undefined,',
    'use_mtls_endpoint_aliases: false,',
    certificate,
  ),
  entry(
    'F5',
    'an API is shown the certificate where its route says so',
    proxy,
    'target.route.options.clientCertificate ? session.frontend.client.credentials.dispatcher : this.outbound',
    'this.outbound',
    certificate,
  ),
  entry(
    'F5',
    '… and nowhere else',
    proxy,
    'target.route.options.clientCertificate ? session.frontend.client.credentials.dispatcher : this.outbound',
    'session.frontend.client.credentials.dispatcher',
    certificate,
  ),
  entry(
    'F5',
    'a server that doesn’t bind tokens is told of before a login begins',
    'src/bff/oauth-client/binding-metadata.ts',
    'server.tls_client_certificate_bound_access_tokens !== true',
    'false',
    certificate,
  ),
  entry(
    'C7',
    'a token that is bound to a replaced certificate is due',
    'src/bff/tokens/certificate-binding.ts',
    'credentials.certificate()?.thumbprint !== certificateThumbprint',
    'false',
    certificate,
  ),
  entry(
    'C7',
    '… also when an API has refused it in its first seconds',
    'src/bff/tokens/access-token.ts',
    'if (replaced(stored.tokens)) return this.refreshOnce(owner, () => this.refreshIfDue(owner, replaced));',
    '',
    certificate,
  ),
];
