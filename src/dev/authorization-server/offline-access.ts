import type { KoaContextWithOIDC } from 'oidc-provider';

const SCOPE = 'offline_access';

/** Remembers, from the pushed request on, that `offline_access` was asked for. */
export const OFFLINE_PARAMETER = 'development_offline_access';

/**
 * oidc-provider drops `offline_access` unless the request says `prompt=consent`. OpenID Connect Core §11 lets a server do without
 * when other conditions allow it, as most servers do for first-party clients; so the scope is put back.
 */
export function keepOfflineAccess(ctx: KoaContextWithOIDC): void {
  const { params, client, body } = ctx.oidc;
  if (!params || !client?.grantTypeAllowed('refresh_token')) return;
  const requested = scopes(body?.['scope'] ?? ctx.query['scope']);
  if (requested.includes(SCOPE)) params[OFFLINE_PARAMETER] = 'true';
  const kept = scopes(params['scope']);
  if (params[OFFLINE_PARAMETER] && !kept.includes(SCOPE)) params['scope'] = [...kept, SCOPE].join(' ');
}

function scopes(value: unknown): string[] {
  return typeof value === 'string' ? value.split(' ') : [];
}
