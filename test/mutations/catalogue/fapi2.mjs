const profile = 'src/bff/options/profile-relations.ts';
const tests = 'test/fapi2.spec.ts';

export default [
  {
    rule: 'F1',
    what: 'the client authenticates with a key or certificate',
    file: profile,
    find: 'METHODS.includes(clientAuthMethod)',
    replace: 'true',
    tests,
  },
  {
    rule: 'F2',
    what: 'tokens are sender-constrained',
    file: profile,
    find: 'dpop || certificateBoundAccessTokens,',
    replace: 'true,',
    tests,
  },
  { rule: 'F3', what: 'algorithms are strong', file: profile, find: 'ALGS.includes(alg)', replace: 'true', tests },
  {
    rule: 'F9',
    what: 'a server is held to what its metadata list',
    file: 'src/bff/oauth-client/profile-metadata.ts',
    find: '!listed.includes(value)',
    replace: 'false',
    tests: 'test/fapi2-hostile.e2e-spec.ts',
  },
  {
    rule: 'F9',
    what: 'requests are signed with an algorithm that the server lists',
    file: 'src/bff/oauth-client/profile-metadata.ts',
    find: '(requestObject ? requestAlg : undefined)',
    replace: 'undefined',
    tests: 'test/fapi2-hostile.e2e-spec.ts',
  },
  {
    rule: 'F4',
    what: 'the access token is no parameter of the call',
    file: 'src/bff/api-proxy/forward.ts',
    find: 'path: target.path,',
    replace:
      "path: `${target.path}&access_token=${fields.find(([name]) => name === 'Authorization')?.[1].split(' ')[1]}`,",
    tests: 'test/dpop-hostile.e2e-spec.ts',
  },
  {
    rule: 'F8',
    what: 'the nonce is short',
    file: 'src/bff/login/authorization-request.ts',
    find: 'const nonce = randomBytes(16)',
    replace: 'const nonce = randomBytes(64)',
    tests: 'test/fapi2.e2e-spec.ts',
  },
  {
    rule: 'P9',
    what: 'the profile pushes every request',
    file: profile,
    find: "par === 'required'",
    replace: 'true',
    tests,
  },
  { rule: 'F9', what: 'requests are signed', file: profile, find: 'want(requestObject,', replace: 'want(true,', tests },
  {
    rule: 'F9',
    what: 'responses are signed',
    file: profile,
    find: "responseMode.endsWith('jwt')",
    replace: 'true',
    tests,
  },
];
