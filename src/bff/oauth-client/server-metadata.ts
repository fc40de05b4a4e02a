import type { ServerMetadata } from 'openid-client';
import type { FrontendOptions } from '../bff.options.js';
import { type AllowHttpFor, isSecureUrl } from '../secure-url.js';
import { bindingMistakeIn } from './binding-metadata.js';
import { AuthorizationServerFailure } from './failure.js';
import { profileMistakeIn } from './profile-metadata.js';

export type ParPolicy = 'pushed' | 'downgraded' | 'off';

/** PAR as configured; metadata of the server or the client that requires it wins over the configuration (RFC 9126 §5, §6). */
export function parPolicy(server: ServerMetadata, options: FrontendOptions): ParPolicy {
  const required = server.require_pushed_authorization_requests === true || options.requirePushedAuthorizationRequests;
  if (required || options.par === 'required') return 'pushed';
  if (options.par === 'off') return 'off';
  return server.pushed_authorization_request_endpoint === undefined ? 'downgraded' : 'pushed';
}

/** `requestAlg`: what requests are signed with at the moment. */
export interface ClientNeeds {
  options: FrontendOptions;
  allowHttpFor: AllowHttpFor;
  requestAlg: string | undefined;
}

/** What the configuration needs of the metadata; a server that doesn't offer it is told of when it's read, and no login begins. */
export function checkMetadata(server: ServerMetadata, needs: ClientNeeds): void {
  const mistake = mistakeIn(server, needs);
  if (mistake !== undefined) throw new AuthorizationServerFailure('misconfigured', mistake);
}

function mistakeIn(server: ServerMetadata, { options, allowHttpFor, requestAlg }: ClientNeeds): string | undefined {
  // openid-client compares normalised URLs; RFC 8414 §3.3 wants them identical
  if (server.issuer !== options.issuer) return 'the issuer in the discovery document isn’t exactly the configured one';
  const unoffered = bindingMistakeIn(server, options) ?? profileMistakeIn(server, options, requestAlg);
  if (unoffered !== undefined) return unoffered;
  const authorization = URL.parse(server.authorization_endpoint ?? '');
  if (!authorization) return 'the authorization server advertises no authorization_endpoint';
  if (!isSecureUrl(authorization, allowHttpFor)) return 'the authorization_endpoint is plain http';
  if (parPolicy(server, options) !== 'pushed' || server.pushed_authorization_request_endpoint !== undefined)
    return undefined;
  return (
    'the authorization server advertises no pushed_authorization_request_endpoint, and PAR is required; ' +
    'PAR=auto would send the whole authorization request through the browser, where it can be read and changed'
  );
}
