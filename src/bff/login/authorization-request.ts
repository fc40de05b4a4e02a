import { createHash, randomBytes } from 'node:crypto';
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
  const codeVerifier = codeVerifierOf(seed);
  const nonce = randomBytes(16).toString('base64url');
  const parameters = new URLSearchParams({
    ...options.authorizationParams,
    ...asked.parameters,
    client_id: options.clientId,
    response_type: 'code',
    redirect_uri: frontend.redirectUri,
    scope: options.scope,
    state,
    nonce,
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
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
