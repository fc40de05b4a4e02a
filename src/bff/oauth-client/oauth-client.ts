import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  type ClientAuth,
  type Configuration,
  type CustomFetch,
  fetchUserInfo,
  type IDToken,
  refreshTokenGrant,
  type ServerMetadata,
  tokenRevocation,
  type UserInfoResponse,
} from 'openid-client';
import type { FrontendOptions } from '../bff.options.js';
import { clientAuthentication } from './client-authentication.js';
import { AuthorizationServerFailure, failureOf } from './failure.js';
import { authorizationServerFetch, type HttpOptions } from './http.js';
import { CLOCK_SKEW, Metadata, type MetadataObserver } from './metadata.js';
import { push } from './pushed-authorization-request.js';
import { checkMetadata, type ParPolicy, parPolicy } from './server-metadata.js';
import { type TokenResponse, tokenSetOf } from './token-set.js';

export interface AuthorizationRequestUrl {
  /** The URL that the browser is sent to. */
  url: URL;
  /** `pushed`: it holds `client_id` and `request_uri` and nothing else. */
  par: ParPolicy;
  /** Seconds that a pushed request lives. */
  expiresIn?: number;
}

export interface AuthorizationResponseChecks {
  state: string;
  nonce: string;
  codeVerifier: string;
  maxAge?: number;
}

/** One frontend's OAuth client. Every method rejects with an {@link AuthorizationServerFailure}. */
export class OAuthClient {
  private readonly metadata: Metadata;
  private readonly authentication: ClientAuth;
  private readonly fetch: CustomFetch;

  constructor(
    private readonly options: FrontendOptions,
    http: HttpOptions,
    observer: MetadataObserver,
  ) {
    this.authentication = clientAuthentication(options.clientAuthMethod, options.clientSecret);
    this.fetch = authorizationServerFetch(http);
    const check = (server: ServerMetadata) => checkMetadata(server, options, http.allowHttpFor);
    this.metadata = new Metadata(options, this.authentication, this.fetch, check, observer);
  }

  /** Reads the metadata ahead of the first login, so that what's wrong with it is in the log when the server starts. Never fails: that waits for a login. */
  async prepare(): Promise<void> {
    await this.metadata.configuration().catch(() => {});
  }

  /** Pushed, as the policy wants it, or put into the URL. */
  async authorizationRequest(parameters: URLSearchParams): Promise<AuthorizationRequestUrl> {
    const configuration = await this.metadata.configuration();
    const par = parPolicy(configuration.serverMetadata(), this.options);
    if (par !== 'pushed') return { url: buildAuthorizationUrl(configuration, parameters), par };
    const { requestUri, expiresIn } = await push(configuration, this.authentication, this.fetch, parameters);
    return { url: buildAuthorizationUrl(configuration, { request_uri: requestUri }), par, expiresIn };
  }

  /** The metadata promises `iss` in every authorization response (RFC 9207 §3). */
  async sendsIssuer(): Promise<boolean> {
    const configuration = await this.metadata.configuration();
    return configuration.serverMetadata().authorization_response_iss_parameter_supported === true;
  }

  /** `currentUrl`: the redirect URI with the response's query. Checks the ID token whole, its signature included (OpenID Connect Core §3.1.3.7). */
  exchangeCode(currentUrl: URL, checks: AuthorizationResponseChecks): Promise<TokenResponse> {
    return this.call(async configuration => {
      const response = await authorizationCodeGrant(configuration, currentUrl, {
        pkceCodeVerifier: checks.codeVerifier,
        expectedState: checks.state,
        expectedNonce: checks.nonce,
        idTokenExpected: true,
        ...(checks.maxAge !== undefined && { maxAge: checks.maxAge }),
      });
      const claims = response.claims();
      checkIssuedAt(claims);
      return { tokens: tokenSetOf(response), claims };
    });
  }

  refresh(refreshToken: string): Promise<TokenResponse> {
    return this.call(async configuration => {
      const response = await refreshTokenGrant(configuration, refreshToken);
      return { tokens: tokenSetOf(response), claims: response.claims() };
    });
  }

  userinfo(accessToken: string, subject: string): Promise<UserInfoResponse> {
    return this.call(configuration => fetchUserInfo(configuration, accessToken, subject));
  }

  /** RFC 7009; does nothing where the server has no revocation endpoint, or can't revoke this kind of token (§2.2.1), as with JWT access tokens. */
  async revoke(token: string, tokenType: 'refresh_token' | 'access_token'): Promise<void> {
    try {
      await this.call(async configuration => {
        if (configuration.serverMetadata().revocation_endpoint === undefined) return;
        await tokenRevocation(configuration, token, { token_type_hint: tokenType });
      });
    } catch (error) {
      if (failureOf(error).error !== 'unsupported_token_type') throw error;
    }
  }

  /** OpenID Connect RP-Initiated Logout 1.0 §2; `undefined` where the server has no end-session endpoint. */
  endSessionUrl(parameters: Record<string, string>): Promise<URL | undefined> {
    return this.call(async configuration =>
      configuration.serverMetadata().end_session_endpoint === undefined
        ? undefined
        : buildEndSessionUrl(configuration, parameters),
    );
  }

  private async call<T>(request: (configuration: Configuration) => Promise<T>): Promise<T> {
    try {
      return await request(await this.metadata.configuration());
    } catch (error) {
      throw failureOf(error);
    }
  }
}

/** openid-client wants `iat` to be a number, and no more (OpenID Connect Core §3.1.3.7, 10). */
function checkIssuedAt(claims: IDToken | undefined): void {
  if (claims && claims.iat > Date.now() / 1000 + CLOCK_SKEW) {
    throw new AuthorizationServerFailure('misconfigured', 'the ID token’s iat lies in the future');
  }
}

export type { IDToken };
