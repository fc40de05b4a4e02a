import { randomBytes, randomInt } from 'node:crypto';

/** Our own credentials at the API: v3 has the service's id and an access token, v2 the service's key and secret. */
export interface Credentials {
  serviceId: string;
  accessToken: string;
  apiKey: string;
  apiSecret: string;
}

export interface EmulatorOptions {
  /** 0 takes a free port. */
  port: number;
  /** Loopback only, `127.0.0.1` when left out. */
  host?: string;
  /** In the property names of the vendor's `Service`. */
  service?: Record<string, unknown>;
  /** In the property names of the vendor's `Client`. */
  clients?: Record<string, unknown>[];
  /** Made at random when left out. */
  credentials?: Credentials;
  /** Milliseconds since the epoch. */
  clock?: () => number;
}

/** 43 characters, as the request_uri of the seed article has behind its prefix. */
export const unguessable = (): string => randomBytes(32).toString('base64url');

export function randomCredentials(): Credentials {
  const digits = () => String(randomInt(1e9, 1e12));
  return { serviceId: digits(), accessToken: unguessable(), apiKey: digits(), apiSecret: unguessable() };
}

/**
 * 600 is the article's `expires_in`; the other durations have no source. All of them in seconds. What is supported is everything the emulator
 * can do, so that a test says only what matters to it.
 */
export const SERVICE_DEFAULTS: Readonly<Record<string, unknown>> = {
  pushedAuthReqDuration: 600,
  authorizationCodeDuration: 600,
  accessTokenDuration: 3600,
  refreshTokenDuration: 86_400,
  idTokenDuration: 3600,
  supportedGrantTypes: ['AUTHORIZATION_CODE', 'REFRESH_TOKEN'],
  supportedResponseTypes: ['CODE', 'CODE_ID_TOKEN'],
  supportedTokenAuthMethods: [
    'NONE',
    'CLIENT_SECRET_BASIC',
    'CLIENT_SECRET_POST',
    'PRIVATE_KEY_JWT',
    'TLS_CLIENT_AUTH',
    'SELF_SIGNED_TLS_CLIENT_AUTH',
  ],
  supportedScopes: [
    { name: 'openid', description: 'Know who you are' },
    { name: 'profile', description: 'Read your name' },
    { name: 'email', description: 'Read your e-mail address' },
    { name: 'offline_access', description: 'Go on while you are away' },
  ],
};

/** OpenID Connect Dynamic Client Registration §2 has `code` and `authorization_code`; the vendor's console offers refresh tokens beside. */
export const CLIENT_DEFAULTS: Readonly<Record<string, unknown>> = {
  clientType: 'CONFIDENTIAL',
  responseTypes: ['CODE'],
  grantTypes: ['AUTHORIZATION_CODE', 'REFRESH_TOKEN'],
};
