/** An authorization request that was found right. */
export interface AuthorizationRequest {
  clientId: string;
  parameters: URLSearchParams;
  redirectUri: string;
  scopes: string[];
  /** Of a DPoP key the code is bound to (RFC 9449 §10). */
  jkt?: string;
}

/** A request that was pushed; `used` once a code was issued for it, or an error. */
export interface Pushed {
  request: AuthorizationRequest;
  used: boolean;
}

export interface Ticket {
  request: AuthorizationRequest;
  requestUri?: string;
}

/** What the user has agreed to. */
export interface Grant {
  request: AuthorizationRequest;
  subject: string;
  scopes: string[];
  /** Seconds since the epoch. */
  authTime?: number;
  acr?: string;
  claims: Record<string, unknown>;
}

/** The vendor keeps an access token and its refresh token in one record. */
export interface TokenRecord {
  grant: Grant;
  scopes: string[];
  accessToken: string;
  /** Seconds since the epoch, as the other one. */
  accessTokenExpiresAt: number;
  refreshToken?: string;
  refreshTokenExpiresAt: number;
  /** RFC 9449 §6: thumbprint of the key that the token is bound to. */
  jkt?: string;
}
