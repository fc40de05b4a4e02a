export interface DevelopmentClient {
  clientId: string;
  clientSecret: string;
  redirectUris: string[];
  postLogoutRedirectUris: string[];
  /** `client_secret_basic` when left out. */
  tokenEndpointAuthMethod?: 'client_secret_basic' | 'client_secret_post';
  /** With it, ID tokens and logout tokens carry `sid`. */
  backchannelLogoutUri?: string;
  /** For this client alone (RFC 9126 §6), beside the server's own switch. */
  requirePushedAuthorizationRequests?: boolean;
}

export interface AuthorizationServerOptions {
  /** 0 takes a free port; the issuer is computed after listening. */
  port: number;
  /** Loopback only, `127.0.0.1` when left out. */
  host?: string;
  clients: DevelopmentClient[];
  /** The one API: access tokens are JWTs for its audience (RFC 9068), an absolute URI (RFC 8707 §2). */
  api: { audience: string; scopes: string[] };
  /** Seconds, 300 when left out. */
  accessTokenTtl?: number;
  /** Seconds, a day when left out; counted anew at each rotation. */
  refreshTokenTtl?: number;
  /** `true` when left out. */
  requirePushedAuthorizationRequests?: boolean;
  /** `true` when left out; a used token that comes back then revokes the whole grant (RFC 9700 §4.14.2). */
  rotateRefreshToken?: boolean;
  /** Hears of errors inside the server: one line each, without request data. Nobody does when left out. */
  log?: (line: string) => void;
}
