import { randomBytes } from 'node:crypto';
import { Provider, type ClientMetadata, type Configuration, type JWKS, type ResourceServer } from 'oidc-provider';
import { findAccount } from './accounts.js';
import { ACR_VALUES, authenticationClaims, loginPolicy } from './authentication-context.js';
import { paths } from './endpoints.js';
import { loadFirstPartyGrant } from './first-party-grant.js';
import { interactionUrl } from './interaction.js';
import type { MemoryStorage } from './memory-storage.js';
import { keepOfflineAccess, OFFLINE_PARAMETER } from './offline-access.js';
import type { AuthorizationServerOptions, DevelopmentClient } from './options.js';
import { sendPage } from './page.js';
import { errorPage, logoutPage, signedOutPage } from './pages.js';

const HOUR = 3600;
const DAY = 24 * HOUR;

export function createProvider(
  issuer: string,
  options: AuthorizationServerOptions,
  storage: MemoryStorage,
  jwks: JWKS,
): Provider {
  return new Provider(issuer, {
    adapter: model => storage.adapter(model),
    jwks,
    clients: options.clients.map(clientMetadata),
    features: features(options),
    findAccount,
    loadExistingGrant: loadFirstPartyGrant,
    interactions: { url: interactionUrl, policy: loginPolicy() },
    acrValues: ACR_VALUES,
    extraTokenClaims: authenticationClaims,
    extraParams: { [OFFLINE_PARAMETER]: keepOfflineAccess },
    // Anything asked for in `scope` goes into the ID token, since the access token is for the API and not for userinfo.
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
    scopes: ['openid', 'offline_access', 'profile', 'email'],
    responseTypes: ['code'],
    pkce: { required: () => true },
    rotateRefreshToken: options.rotateRefreshToken ?? true,
    issueRefreshToken: (_ctx, client, source) =>
      client.grantTypeAllowed('refresh_token') && source.scopes.has('offline_access'),
    ttl: lifetimes(options),
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    routes: {
      pushed_authorization_request: paths.par,
      token: paths.token,
      revocation: paths.revocation,
      jwks: paths.jwks,
    },
    clientBasedCORS: () => false,
    // Its own fetch refuses loopback, where every back-channel logout of a development client goes.
    fetch: (url, init) => globalThis.fetch(url, withoutDispatcher(init)),
    renderError: (ctx, { error, error_description }) => sendPage(ctx, errorPage(error, error_description)),
  });
}

function withoutDispatcher(init: RequestInit = {}): RequestInit {
  return Object.fromEntries(Object.entries(init).filter(([member]) => member !== 'dispatcher'));
}

function features({ api, ...options }: AuthorizationServerOptions): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    pushedAuthorizationRequests: {
      enabled: true,
      requirePushedAuthorizationRequests: options.requirePushedAuthorizationRequests ?? true,
    },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        const { entities, session } = ctx.oidc;
        sendPage(ctx, logoutPage(form, entities.IdTokenHint?.payload['sub'] !== session?.accountId));
      },
      postLogoutSuccessSource: ctx => sendPage(ctx, signedOutPage()),
    },
    resourceIndicators: {
      enabled: true,
      // A client that sends no `resource` gets a JWT for the API all the same.
      defaultResource: () => api.audience,
      useGrantedResource: () => true,
      getResourceServerInfo: () => resourceServer(api),
    },
  };
}

function resourceServer({ audience, scopes }: AuthorizationServerOptions['api']): ResourceServer {
  return { audience, scope: scopes.join(' '), accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } };
}

/** In seconds. Somebody may take an hour at the login page (and an hour before at the client's). */
function lifetimes({ accessTokenTtl = 300, refreshTokenTtl = DAY }: AuthorizationServerOptions) {
  return {
    AccessToken: accessTokenTtl,
    RefreshToken: refreshTokenTtl,
    IdToken: HOUR,
    Interaction: 2 * HOUR,
    Session: DAY,
    Grant: 14 * DAY,
  };
}

export function clientMetadata(client: DevelopmentClient): ClientMetadata {
  const { backchannelLogoutUri, requirePushedAuthorizationRequests } = client;
  return {
    client_id: client.clientId,
    client_secret: client.clientSecret,
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris,
    token_endpoint_auth_method: client.tokenEndpointAuthMethod ?? 'client_secret_basic',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    ...(requirePushedAuthorizationRequests && { require_pushed_authorization_requests: true }),
    ...(backchannelLogoutUri && {
      backchannel_logout_uri: backchannelLogoutUri,
      backchannel_logout_session_required: true,
    }),
  };
}
