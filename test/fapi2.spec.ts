import { beforeAll, describe, expect, it } from '@jest/globals';
import { jwksFile, privateJwk } from './support/client-keys.js';
import { minimum, problems } from './support/options.js';

let strong: string;
let weak: string;
beforeAll(async () => {
  strong = jwksFile(await privateJwk('ES256'));
  weak = jwksFile(await privateJwk('RS256'));
});

const routes = [{ path: '/api', upstream: 'https://api.example.org' }];

/** What the profile takes, and changes of it. */
function options(changes: Record<string, unknown> = {}) {
  const { clientSecret: _none, ...rest } = minimum;
  return {
    ...rest,
    profile: 'fapi2',
    clientAuthMethod: 'private_key_jwt',
    clientJwksFile: strong,
    dpop: true,
    idTokenSignedResponseAlg: 'ES256',
    ...changes,
  };
}

const signing = (changes: Record<string, unknown> = {}) =>
  options({
    profile: 'fapi2-message-signing',
    requestObject: true,
    responseMode: 'query.jwt',
    authorizationSignedResponseAlg: 'PS256',
    ...changes,
  });

describe('with the profile fapi2', () => {
  it('F1, F2, F3: takes what keeps it', () => {
    expect(problems(options({ backchannelUrl: 'https://as.internal', apiRoutes: routes }))).toEqual([]);
    expect(problems(signing())).toEqual([]);
    expect(problems(signing({ responseMode: 'form_post.jwt' }))).toEqual([]);
  });

  it.each([
    [
      'F1',
      'client_secret_basic',
      { clientAuthMethod: 'client_secret_basic', clientSecret: minimum.clientSecret },
      'clientAuthMethod must be one of private_key_jwt',
    ],
    [
      'F1',
      'client_secret_jwt',
      { clientAuthMethod: 'client_secret_jwt', clientSecret: minimum.clientSecret },
      'clientAuthMethod must be one of private_key_jwt',
    ],
    ['F2', 'unbound tokens', { dpop: false }, 'dpop must be true, or certificateBoundAccessTokens'],
    [
      'F3',
      'RS256',
      { idTokenSignedResponseAlg: 'RS256' },
      'idTokenSignedResponseAlg must be one of PS256, ES256, EdDSA, Ed25519',
    ],
    ['P9', 'PAR that may be skipped', { par: 'auto' }, 'par must be required'],
    [
      'F3',
      'responses signed with RS256',
      { responseMode: 'query.jwt' },
      'authorizationSignedResponseAlg must be one of PS256, ES256, EdDSA, Ed25519',
    ],
    ['P1', 'plain http', { issuer: 'http://127.0.0.1:3001' }, 'issuer must be https'],
    ['P1', 'plain http behind it', { backchannelUrl: 'http://127.0.0.1:3001' }, 'backchannelUrl must be https'],
    [
      'P1',
      'plain http to an API',
      { apiRoutes: [...routes, { path: '/api/http', upstream: 'http://localhost' }] },
      'apiRoutes must be https',
    ],
  ])('%s: refuses to start with %s, and says why', (rule, _, changes, start) => {
    const found = problems(options(changes));
    expect(found).toEqual([expect.stringMatching(new RegExp(`^${start}.*with the profile fapi2$`))]);
    if (rule !== 'P9' && rule !== 'P1') expect(found[0]).toContain(`(${rule})`);
  });

  it('F3: refuses a signing key of another algorithm, as without a profile', () => {
    expect(problems(options({ clientJwksFile: weak }))).toEqual([
      expect.stringMatching(/^clientJwksFile can't be used: key 1 must have an alg of ES256, PS256, Ed25519 to sign/),
    ]);
  });

  it('F1, F2: tells of everything at once', () => {
    const { profile, ...plain } = options();
    expect(problems({ ...minimum, profile }).map(text => text.split(' ', 1)[0])).toEqual([
      'clientAuthMethod',
      'dpop',
      'idTokenSignedResponseAlg',
    ]);
    expect(problems({ ...plain, dpop: false })).toEqual([]);
  });
});

describe('with the profile fapi2-message-signing', () => {
  it.each([
    [{ requestObject: false }, 'requestObject must be true'],
    [{ responseMode: 'query' }, 'responseMode must be query.jwt or form_post.jwt'],
    [{ responseMode: 'form_post' }, 'responseMode must be query.jwt or form_post.jwt'],
  ])('F9: refuses to start with %j', (changes, start) => {
    expect(problems(signing(changes))).toEqual([
      expect.stringMatching(new RegExp(`^${start}.* \\(F9\\), with the profile fapi2-message-signing$`)),
    ]);
  });

  it('F3: refuses signed responses of another algorithm', () => {
    expect(problems(signing({ authorizationSignedResponseAlg: 'RS256' }))).toEqual([
      expect.stringMatching(/^authorizationSignedResponseAlg must be one of PS256/),
    ]);
  });
});
