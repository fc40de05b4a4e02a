import {
  clientCredentialsGrant,
  type Configuration,
  type DPoPOptions,
  type TokenEndpointResponse,
} from 'openid-client';

/** A token of the client's own (RFC 6749 §4.4); a refresh token, which it shouldn't get (§4.4.3), is used by nobody. */
export async function clientCredentials(
  configuration: Configuration,
  parameters: Record<string, string>,
  proof: DPoPOptions,
): Promise<TokenEndpointResponse> {
  const { refresh_token: _unwanted, ...response } = await clientCredentialsGrant(configuration, parameters, proof);
  return response;
}
