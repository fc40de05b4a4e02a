import { createHash, randomBytes } from 'node:crypto';
import type { FrontendOptions } from '../bff.options.js';
import type { Frontend } from '../frontend.js';
import { codeVerifierOf, newLoginSeed } from '../oauth-client/dpop-key.js';
import type { Session } from '../session/session-record.js';
import { createState, type LoginTransaction } from './login-transaction.js';
import type { LoginRequest } from './request-parameters.js';

export interface AuthorizationRequest {
  state: string;
  parameters: URLSearchParams;
  transaction: LoginTransaction;
}

/** Builds the authorization request (OpenID Connect Core §3.1.2.1): state, nonce and PKCE (RFC 7636, S256) are new for every attempt (P11). */
export function authorizationRequest(
  frontend: Frontend,
  asked: LoginRequest,
  session: Session | undefined,
): AuthorizationRequest {
  const { options } = frontend;
  const state = createState(frontend, { returnTo: asked.returnTo, asked: asked.parameters });
  const seed = newLoginSeed();
  // without a key to be derived from it, too, it can be the verifier itself
  const codeVerifier = options.dpop ? codeVerifierOf(seed) : seed;
  const nonce = randomBytes(16).toString('base64url');
  const { authorization_details: details = '[]', ...simple } = asked.parameters;
  const parameters = new URLSearchParams({
    ...options.authorizationParams,
    ...simple,
    client_id: options.clientId,
    response_type: 'code',
    redirect_uri: frontend.redirectUri,
    scope: options.scope,
    state,
    nonce,
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  for (const [name, value] of furtherParameters(options, details)) parameters.append(name, value);
  const transaction: LoginTransaction = {
    codeVerifier,
    ...(options.dpop && { dpopSeed: seed }),
    nonce,
    returnTo: asked.returnTo,
    expiresAt: (Math.floor(Date.now() / 1000) + options.loginTimeout) * 1000,
    asked: asked.parameters,
    ...(session && {
      replaces: session.key,
      ...(isReauthentication(asked) && { subject: hashOfSubject(session.subject) }),
    }),
  };
  return { state, parameters, transaction };
}

/**
 * How the response is to come (JARM §2.3), what the token is for (RFC 8707 §2: a parameter for each), which claims (OpenID Connect Core §5.5), and
 * what it's to allow (RFC 9396 §2): the configuration's details, and on top of them the checked ones of this login.
 */
function furtherParameters(options: FrontendOptions, details: string): [name: string, value: string][] {
  const { responseMode, resources, claims, authorizationDetails } = options;
  const allDetails = [...authorizationDetails, ...(JSON.parse(details) as unknown[])];
  return [
    ...named('response_mode', responseMode === 'query' ? [] : [responseMode]),
    ...named('resource', resources),
    ...named('claims', Object.keys(claims).length === 0 ? [] : [JSON.stringify(claims)]),
    ...named('authorization_details', allDetails.length === 0 ? [] : [JSON.stringify(allDetails)]),
  ];
}

function named(name: string, values: string[]): [name: string, value: string][] {
  return values.map(value => [name, value]);
}

/** Enough to tell that it's another user, too little to tell which. */
export function hashOfSubject(subject: string): string {
  return createHash('sha256').update(subject).digest('base64url').slice(0, 16);
}

/** The user of this session is to prove who they are, once more or better; picking another account is something else. */
function isReauthentication({ parameters: { prompt = '', max_age, acr_values } }: LoginRequest): boolean {
  const prompts = prompt.split(' ');
  if (prompts.includes('select_account') || prompts.includes('create')) return false;
  return prompts.includes('login') || max_age !== undefined || acr_values !== undefined;
}
