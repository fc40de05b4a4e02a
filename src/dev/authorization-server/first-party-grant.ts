import type { Grant, KoaContextWithOIDC } from 'oidc-provider';

/**
 * Grants whatever was asked for, so that whoever is logged in is not asked again: the demo's clients are first-party, and a login
 * in an existing session is a silent redirect.
 */
export async function loadFirstPartyGrant(ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { provider, client, session, resourceServers, requestParamOIDCScopes, requestParamScopes } = ctx.oidc;
  if (!client || !session?.accountId) return undefined;
  const grantId = session.grantIdFor(client.clientId);
  const existing = grantId ? await provider.Grant.find(grantId) : undefined;
  const grant = existing ?? new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(requestParamOIDCScopes);
  for (const [indicator, { scopes }] of Object.entries(resourceServers ?? {})) {
    grant.addResourceScope(
      indicator,
      [...requestParamScopes].filter(scope => scopes.has(scope)),
    );
  }
  await grant.save();
  return grant;
}
