import { type Configuration, type DPoPOptions, genericGrantRequest, type TokenEndpointResponse } from 'openid-client';
import { AuthorizationServerFailure } from './failure.js';

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** An access token for another (RFC 8693 §2.1); a refresh token, which nobody asked for, is used by nobody. */
export async function tokenExchange(
  configuration: Configuration,
  subjectToken: string,
  parameters: Record<string, string>,
  proof: DPoPOptions,
): Promise<TokenEndpointResponse> {
  const asked = {
    ...parameters,
    subject_token: subjectToken,
    subject_token_type: ACCESS_TOKEN,
    requested_token_type: ACCESS_TOKEN,
  };
  const { refresh_token: _unwanted, ...response } = await genericGrantRequest(configuration, GRANT_TYPE, asked, proof);
  const { issued_token_type: issued, token_type: type } = response;
  // N_A: it's no access token, or not used as one (§2.2.1)
  if (issued === ACCESS_TOKEN && type !== 'n_a') return response;
  throw new AuthorizationServerFailure('misconfigured', 'what came for the access token is none');
}
