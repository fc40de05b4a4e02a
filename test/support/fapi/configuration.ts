import { createHash, randomBytes, type X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { exportJWK, generateKeyPair } from 'jose';
import type { Configuration, JWKS, KoaContextWithOIDC } from 'oidc-provider';
import { findAccount } from '../../../src/dev/authorization-server/accounts.js';
import { loadFirstPartyGrant } from '../../../src/dev/authorization-server/first-party-grant.js';
import { interactionUrl } from '../../../src/dev/authorization-server/interaction.js';
import type { MemoryStorage } from '../../../src/dev/authorization-server/memory-storage.js';
import { keepOfflineAccess, OFFLINE_PARAMETER } from '../../../src/dev/authorization-server/offline-access.js';

/** Every feature that FAPI 2.0 knows, each optional for the client: its metadata say what it must do. */
export async function fapiConfiguration(
  storage: MemoryStorage,
  aliases: Record<string, string> | undefined,
): Promise<Configuration> {
  return {
    adapter: model => storage.adapter(model),
    jwks: await signingKeys(),
    findAccount,
    loadExistingGrant: loadFirstPartyGrant,
    interactions: { url: interactionUrl },
    extraParams: { [OFFLINE_PARAMETER]: keepOfflineAccess },
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
    scopes: ['openid', 'offline_access', 'profile', 'email', 'orders:read', 'orders:write'],
    acrValues: ['urn:example:gold', 'urn:example:silver'],
    responseTypes: ['code'],
    clientAuthMethods: [
      ...(['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt'] as const),
      ...(['self_signed_tls_client_auth', 'tls_client_auth'] as const),
    ],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: (_ctx, client, source) =>
      client.grantTypeAllowed('refresh_token') && source.scopes.has('offline_access'),
    ttl: {
      AccessToken: 300,
      ClientCredentials: 300,
      RefreshToken: 86_400,
      IdToken: 3600,
      Interaction: 7200,
      Session: 86_400,
      Grant: 86_400,
    },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    discovery: { ...(aliases && { mtls_endpoint_aliases: aliases }) },
    features: features(),
    // FAPI 2.0 Security Profile §5.3.2.1: the issuer, as a string
    assertJwtClientAuthClaimsAndHeader: (ctx, claims) => {
      if (claims['aud'] !== ctx.oidc.issuer) throw new Error('aud isn’t exactly the issuer');
    },
    // its own refuses loopback, where a client's jwks_uri is
    fetch: (url, { ...init } = {}) => globalThis.fetch(url, withoutDispatcher(init)),
  };
}

function features(): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
    clientCredentials: { enabled: true },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    claimsParameter: { enabled: true },
    encryption: { enabled: true },
    jwtResponseModes: { enabled: true },
    requestObjects: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => false },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      selfSignedTlsClientAuth: true,
      tlsClientAuth: true,
      getCertificate: certificateOf,
      certificateAuthorized: ctx => socketOf(ctx).authorized,
      certificateSubjectMatches: (ctx, property, expected) =>
        property === 'tls_client_auth_san_dns' && certificateOf(ctx)?.subjectAltName === `DNS:${expected}`,
    },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, indicator) => ({
        audience: indicator,
        scope: 'orders:read orders:write',
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  };
}

/** A connection of ours is always TLS. */
function socketOf(ctx: { socket: unknown }): TLSSocket {
  return ctx.socket as TLSSocket;
}

function certificateOf(ctx: KoaContextWithOIDC): X509Certificate | undefined {
  return socketOf(ctx).getPeerX509Certificate();
}

/** `x5t#S256` of the certificate that the caller showed. */
export function thumbprintOf(ctx: KoaContextWithOIDC): string | undefined {
  const certificate = certificateOf(ctx);
  return certificate && createHash('sha256').update(certificate.raw).digest('base64url');
}

function withoutDispatcher(init: RequestInit): RequestInit {
  return Object.fromEntries(Object.entries(init).filter(([member]) => member !== 'dispatcher'));
}

async function signingKeys(): Promise<JWKS> {
  const keys = await Promise.all(
    ['RS256', 'ES256', 'PS256', 'Ed25519'].map(async alg => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true });
      return { ...(await exportJWK(privateKey)), kid: `fapi-${alg}`, alg, use: 'sig' };
    }),
  );
  return { keys };
}
