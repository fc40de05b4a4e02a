import { ENDPOINTS } from '../authlete/index.js';
import type { Configuration } from '../configuration.js';

type Properties = Record<string, unknown>;
type Frontend = Configuration['bff']['frontends'][number];

const API_SCOPES = [
  { name: 'orders:read', description: 'See what you have ordered' },
  { name: 'orders:write', description: 'Order something' },
];
const SCOPES = [
  { name: 'openid', description: 'Know who you are' },
  { name: 'profile', description: 'Read your name' },
  { name: 'email', description: 'Read your e-mail address' },
  { name: 'offline_access', description: 'Go on while you are away' },
  ...API_SCOPES,
];

/** What Authlete has to know of the authorization server, in the property names of its `Service`. */
export function registeredService(issuer: string): Properties {
  return {
    issuer,
    authorizationEndpoint: `${issuer}${ENDPOINTS.authorization}`,
    pushedAuthReqEndpoint: `${issuer}${ENDPOINTS.pushedAuthorizationRequest}`,
    tokenEndpoint: `${issuer}${ENDPOINTS.token}`,
    revocationEndpoint: `${issuer}${ENDPOINTS.revocation}`,
    userInfoEndpoint: `${issuer}${ENDPOINTS.userinfo}`,
    jwksUri: `${issuer}${ENDPOINTS.jwks}`,
    parRequired: true,
    pkceRequired: true,
    pkceS256Required: true,
    loopbackRedirectionUriVariable: true,
    supportedScopes: SCOPES,
  };
}

/** And of the BFF, in those of its `Client`: a frontend is one. */
export function registeredClient(frontend: Frontend, pathPrefix: string): Properties {
  const { clientId, clientAuthMethod, idTokenSignedResponseAlg, publicUrl, name } = frontend;
  return {
    clientId,
    clientName: name === 'default' ? 'Parlour demo' : name,
    clientType: 'CONFIDENTIAL',
    tokenAuthMethod: clientAuthMethod.toUpperCase(),
    redirectUris: [`${publicUrl}${pathPrefix}/callback`],
    responseTypes: ['CODE'],
    grantTypes: ['AUTHORIZATION_CODE', 'REFRESH_TOKEN'],
    idTokenSignAlg: idTokenSignedResponseAlg,
  };
}

/** The one of examples/native-app.mjs; its port varies (RFC 8252 §7.3). */
export const NATIVE_APP: Properties & { clientId: string } = {
  clientId: 'native-app',
  clientName: 'A native app',
  clientType: 'PUBLIC',
  tokenAuthMethod: 'NONE',
  redirectUris: ['http://127.0.0.1/callback'],
  responseTypes: ['CODE'],
  grantTypes: ['AUTHORIZATION_CODE', 'REFRESH_TOKEN'],
};

/** One line for each property, as somebody copies them into the console. */
export function inLines(properties: Properties): string[] {
  const width = Math.max(...Object.keys(properties).map(({ length }) => length));
  return Object.entries(properties).map(([name, value]) => `${name.padEnd(width)}  ${said(value)}`);
}

function said(value: unknown): string {
  const entries: unknown[] = Array.isArray(value) ? value : [value];
  return entries.map(entry => (isNamed(entry) ? entry.name : String(entry))).join(' ');
}

function isNamed(value: unknown): value is { name: string } {
  return typeof value === 'object' && value !== null && 'name' in value;
}
