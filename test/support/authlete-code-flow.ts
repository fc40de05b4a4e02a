import * as client from 'openid-client';
import { REDIRECT_URI } from './authlete-clients.js';
import type { HttpBrowser } from './http-browser.js';

/** A request that was pushed, and what its client remembers of it. */
export interface Pushed {
  url: URL;
  verifier: string;
  state: string;
}

/** openid-client pushes, with PKCE and state. */
export async function push(config: client.Configuration): Promise<Pushed> {
  const [verifier, state] = [client.randomPKCECodeVerifier(), client.randomState()];
  const url = await client.buildAuthorizationUrlWithPAR(config, {
    redirect_uri: REDIRECT_URI,
    scope: 'openid profile',
    state,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  return { url, verifier, state };
}

/** Alice logs in and agrees; resolves with the address that the browser would go to next. */
export async function agree(browser: HttpBrowser, { url }: Pushed): Promise<URL> {
  const until = (next: string) => next.startsWith(REDIRECT_URI);
  await browser.navigate(url.href, { until });
  await browser.submitForm({ username: 'alice', password: 'any' }, { until, button: 'login' });
  const { location } = await browser.submitForm({}, { until, button: 'allow' });
  return new URL(location ?? '');
}

/** openid-client exchanges the code. */
export function exchange(config: client.Configuration, callback: URL, { verifier, state }: Pushed) {
  const checks = { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true };
  return client.authorizationCodeGrant(config, callback, checks);
}

/** What an endpoint said to a client that it refused. */
export async function refusal(call: Promise<unknown>): Promise<{ status: number; error: unknown; challenge: boolean }> {
  const thrown = await call.then(
    () => new Error('nobody refused it'),
    (error: unknown) => error,
  );
  if (thrown instanceof client.ResponseBodyError) {
    return { status: thrown.status, error: thrown.error, challenge: false };
  }
  if (thrown instanceof client.WWWAuthenticateChallengeError) {
    const { error } = Object(await thrown.response.json());
    return { status: thrown.status, error, challenge: true };
  }
  throw thrown;
}
