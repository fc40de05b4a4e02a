import { type Answer, OAuthError } from './oauth-error.js';
import { given, words } from './parameters.js';
import { findRefreshToken, issueTokens, type TokenCall } from './tokens.js';

/**
 * RFC 6749 §6, with a new refresh token each time, as the vendor's service does unless `refreshTokenKept` is set. There is no new ID token: the
 * vendor's `idTokenReissuable` is off by default. No source for the codes.
 */
export function refreshTokenGrant({ parameters, client, state, jkt }: TokenCall): Answer {
  const record = findRefreshToken(given(parameters, 'refresh_token') ?? '', state);
  if (!record || record.grant.request.clientId !== client.text('clientId')) {
    throw new OAuthError(
      'EMU-REFRESH-TOKEN',
      'invalid_grant',
      'The refresh token is unknown, used, expired or another client’s.',
    );
  }
  const asked = words(given(parameters, 'scope'));
  if (asked.some(scope => !record.grant.scopes.includes(scope))) {
    throw new OAuthError('EMU-REFRESH-SCOPE', 'invalid_scope', 'scope goes beyond what was granted.');
  }
  // RFC 9449 §5: a public client's refresh token is bound to its key
  if (record.jkt !== jkt && client.text('clientType') === 'PUBLIC') {
    throw new OAuthError('EMU-REFRESH-BOUND', 'invalid_grant', 'The refresh token is bound to another DPoP key.');
  }
  delete record.refreshToken;
  const scopes = asked.length > 0 ? asked : record.grant.scopes;
  const issue = { grant: record.grant, scopes, grantType: 'REFRESH_TOKEN', jkt };
  return issueTokens(issue, state, ['EMU-REFRESHED', 'Tokens were issued for a refresh token.']);
}
