import { OAuthError } from './oauth-error.js';
import { given } from './parameters.js';
import type { Properties } from './properties.js';

const LOOPBACK_HOSTS = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** Where the answer goes: registered, compared character by character (RFC 9700 §2.1). */
export function redirectUriOf(parameters: URLSearchParams, client: Properties, service: Properties): string {
  const registered = client.texts('redirectUris') ?? [];
  const asked = given(parameters, 'redirect_uri');
  // RFC 6749 §3.1.2.3; required in OpenID Connect Core §3.1.2.1, where the emulator isn't stricter than OAuth
  const [only, ...others] = registered;
  if (asked === undefined && only !== undefined && others.length === 0) return only;
  const loopback = service.flag('loopbackRedirectionUriVariable');
  const known = registered.some(uri => uri === asked || (loopback && asked !== undefined && samePath(uri, asked)));
  if (asked !== undefined && known) return asked;
  // com: 400 without a redirect
  throw new OAuthError('A011304', 'invalid_request', 'The redirect URI is not registered.');
}

/** RFC 8252 §7.3: an app that listens on loopback has another port each time; `localhost` and https too (the vendor's Service). */
function samePath(registered: string, asked: string): boolean {
  const [ours, theirs] = [URL.parse(registered), URL.parse(asked)];
  if (!ours || !theirs || !LOOPBACK_HOSTS.has(ours.hostname)) return false;
  ours.port = theirs.port;
  return ours.href === theirs.href;
}
