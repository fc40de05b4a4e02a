import { selfSigned } from './certificates.js';
import { jwksFile, privateJwk, publicHalf } from './client-keys.js';
import { type Hostile, startHostileAuthorizationServer } from './hostile-authorization-server.js';
import { HttpBrowser } from './http-browser.js';
import { CLIENT_ID, type Parlour, startParlour } from './parlour.js';

/** Parlour with a profile, and a server that keeps it until it lies. */
export interface FapiHostile {
  hostile: Hostile;
  parlour: Parlour;
  /** A browser that trusts the authorization server’s certificate. */
  browser: () => HttpBrowser;
  close: () => Promise<void>;
}

const ENVIRONMENTS = {
  fapi2: {},
  'fapi2-message-signing': {
    REQUEST_OBJECT: 'true',
    RESPONSE_MODE: 'query.jwt',
    AUTHORIZATION_SIGNED_RESPONSE_ALG: 'ES256',
  },
};

/** `metadata`: what it says beside the honest document, or `undefined` of that. */
export async function startFapiHostile(
  profile: keyof typeof ENVIRONMENTS,
  metadata: Record<string, unknown> = {},
  environment: Record<string, string> = {},
): Promise<FapiHostile> {
  const key = await privateJwk('ES256');
  const certificate = await selfSigned('127.0.0.1');
  const hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, jwk: publicHalf(key) }, certificate);
  hostile.lies = {
    discovery: { members: { ...KEEPING_IT, ...metadata } },
    authorization: { jwt: { alg: 'ES256' } },
    idToken: { alg: 'ES256' },
  };
  const parlour = await startParlour(hostile.issuer, {
    PROFILE: profile,
    CA_FILE: certificate.certFile,
    CLIENT_SECRET: '',
    CLIENT_AUTH_METHOD: 'private_key_jwt',
    CLIENT_JWKS_FILE: jwksFile(key),
    ID_TOKEN_SIGNED_RESPONSE_ALG: 'ES256',
    DPOP: 'true',
    ...ENVIRONMENTS[profile],
    ...environment,
  }).catch(async (error: unknown) => {
    await hostile.close();
    throw error;
  });
  return {
    hostile,
    parlour,
    browser: () => new HttpBrowser({ ca: certificate.cert }),
    close: async () => {
      await parlour.close();
      await hostile.close();
    },
  };
}

const KEEPING_IT = {
  token_endpoint_auth_methods_supported: ['private_key_jwt'],
  id_token_signing_alg_values_supported: ['ES256'],
  response_modes_supported: ['query', 'query.jwt'],
  dpop_signing_alg_values_supported: ['ES256'],
  request_object_signing_alg_values_supported: ['ES256'],
  authorization_signing_alg_values_supported: ['ES256'],
};
