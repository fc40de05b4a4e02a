import {
  buildAuthorizationUrl,
  buildEndSessionUrl,
  type ClientAuth,
  type Configuration,
  type CustomFetch,
  fetchUserInfo,
  type IDToken,
  type ServerMetadata,
  tokenRevocation,
  type UserInfoResponse,
} from 'openid-client';
import type { FrontendOptions } from '../bff.options.js';
import type { ClientCredentials } from './credentials.js';
import { learningNonces, proving, type TokenBinding } from './dpop.js';
import { DpopNonces } from './dpop-nonces.js';
import { decryptingIdTokens } from './encrypted-id-token.js';
import { failureOf } from './failure.js';
import { authorizationServerFetch, type HttpOptions } from './http.js';
import { metadataOf } from './known-metadata.js';
import { Metadata, type MetadataObserver } from './metadata.js';
import { push } from './pushed-authorization-request.js';
import { type RawDocument, readRawDocument, readRawMetadata } from './raw-metadata.js';
import { askingBeforeSending } from './sending.js';
import { signedRequest } from './request-object.js';
import { ServerKeys } from './server-keys.js';
import { checkMetadata, type ParPolicy, parPolicy } from './server-metadata.js';
import { TokenEndpoint } from './token-endpoint.js';
import { verifiedResponse } from './signed-response.js';

export interface AuthorizationRequestUrl {
  /** The URL that the browser is sent to. */
  url: URL;
  /** `pushed`: it holds `client_id` and `request_uri` and nothing else. */
  par: ParPolicy;
  /** Seconds that a pushed request lives. */
  expiresIn?: number;
  /** How often it was pushed until the server answered. */
  attempts?: number;
}

/** One frontend's OAuth client. Every method rejects with an {@link AuthorizationServerFailure}. */
export class OAuthClient {
  /** Of the authorization server and of the APIs. */
  readonly nonces = new DpopNonces();
  readonly serverKeys: ServerKeys;
  readonly tokenEndpoint: TokenEndpoint;
  private readonly metadata: Metadata;
  private readonly authentication: ClientAuth;
  private readonly fetch: CustomFetch;

  constructor(
    private readonly options: FrontendOptions,
    readonly credentials: ClientCredentials,
    readonly http: HttpOptions,
    observer: MetadataObserver,
  ) {
    this.authentication = credentials.authentication;
    const fetch = askingBeforeSending(learningNonces(authorizationServerFetch(http), this.nonces));
    this.fetch = decryptingIdTokens(fetch, options, () => credentials.decryptionKeys());
    const check = (server: ServerMetadata) =>
      checkMetadata(server, { options, allowHttpFor: http.allowHttpFor, requestAlg: credentials.signingKey()?.alg });
    this.metadata = new Metadata(
      options,
      this.authentication,
      { fetch: this.fetch, timeout: http.timeout },
      check,
      observer,
    );
    this.serverKeys = new ServerKeys(this.metadata, this.fetch);
    this.tokenEndpoint = new TokenEndpoint(options, credentials, this.nonces, {
      call: request => this.call(request),
      revoke: (token, tokenType) => this.revoke(token, tokenType),
    });
  }

  /** Reads the metadata ahead of the first login, so that what's wrong with it is in the log when the server starts. Never fails: that waits for a login. */
  async prepare(): Promise<void> {
    await this.metadata.configuration().catch(() => {});
  }

  /** Pushed, as the policy wants it, or put into the URL. */
  async authorizationRequest(
    parameters: URLSearchParams,
    binding: TokenBinding = {},
  ): Promise<AuthorizationRequestUrl> {
    const configuration = await this.metadata.configuration();
    const proof = await proving(configuration, binding, this.nonces);
    // also where nothing is pushed, and so nothing proven (RFC 9449 §10)
    if (proof.DPoP) parameters.set('dpop_jkt', await proof.DPoP.calculateThumbprint());
    const par = parPolicy(metadataOf(configuration).server, this.options);
    const message = async () => {
      const { requestObject } = this.options;
      return requestObject ? signedRequest(configuration, parameters, this.credentials.signingKey()) : parameters;
    };
    if (par !== 'pushed') return { url: buildAuthorizationUrl(configuration, await message()), par };
    const { requestUri, ...pushed } = await push(
      configuration,
      this.authentication,
      this.fetch,
      message,
      proof.DPoP,
      this.http.timeout,
    );
    return { url: buildAuthorizationUrl(configuration, { request_uri: requestUri }), par, ...pushed };
  }

  /** `iss` stands in every authorization response: the metadata promises it (RFC 9207 §3), or the profile demands it of the server (FAPI 2.0 §5.3.2.2). */
  async sendsIssuer(): Promise<boolean> {
    if (this.options.profile !== undefined) return true;
    const configuration = await this.metadata.configuration();
    return metadataOf(configuration).server.authorization_response_iss_parameter_supported === true;
  }

  /** What a signed authorization response (JARM) says, once it's verified for the attempt with this `state`. */
  verifiedResponse(jwt: string, state: string | undefined): Promise<URLSearchParams> {
    return this.call(configuration => verifiedResponse(configuration, this.fetch, jwt, state));
  }

  userinfo(accessToken: string, subject: string, binding: TokenBinding = {}): Promise<UserInfoResponse> {
    return this.call(async configuration =>
      fetchUserInfo(configuration, accessToken, subject, await proving(configuration, binding, this.nonces)),
    );
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

  /** For the doctor: what the server says, unchecked. */
  readRawMetadata(): Promise<RawDocument> {
    return readRawMetadata(this.options.issuer, this.fetch);
  }

  readRawDocument(url: string): Promise<RawDocument> {
    return readRawDocument(url, this.fetch);
  }

  private async call<T>(request: (configuration: Configuration) => Promise<T>): Promise<T> {
    try {
      return await request(await this.metadata.configuration());
    } catch (error) {
      throw failureOf(error);
    }
  }
}

export type { IDToken };
