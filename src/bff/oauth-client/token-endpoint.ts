import {
  type Configuration,
  type DPoPOptions,
  refreshTokenGrant,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
} from 'openid-client';
import type { FrontendOptions } from '../bff.options.js';
import { clientCredentials } from './client-credentials.js';
import { type AuthorizationResponseChecks, codeGrant } from './code-grant.js';
import type { ClientCredentials } from './credentials.js';
import { bindingMistake, proving, type TokenBinding } from './dpop.js';
import type { DpopNonces } from './dpop-nonces.js';
import { signedJwt } from './encrypted-id-token.js';
import { failureOf } from './failure.js';
import { membersOf } from './http.js';
import { resourceIndicator } from './resource-indicator.js';
import { sendingWhile } from './sending.js';
import { tokenExchange } from './token-exchange.js';
import { parametersOf, type TokenParameters } from './token-parameters.js';
import { granting, spellingMistake, type TokenResponse, type TokenSet, tokenSetOf } from './token-set.js';

type GrantedTokens = TokenEndpointResponse & Partial<TokenEndpointResponseHelpers>;

/** The rest of the client, as far as this endpoint needs it. */
interface Client {
  call<T>(request: (configuration: Configuration) => Promise<T>): Promise<T>;
  revoke(token: string, tokenType: 'refresh_token' | 'access_token'): Promise<void>;
}

/** One frontend's grants (RFC 6749 §4, §6). Every method rejects with an {@link AuthorizationServerFailure}. */
export class TokenEndpoint {
  constructor(
    private readonly options: FrontendOptions,
    private readonly credentials: ClientCredentials,
    private readonly nonces: DpopNonces,
    private readonly client: Client,
  ) {}

  /** `currentUrl`: the redirect URI with the response's parameters as its query. Checks the ID token whole, its signature included (OpenID Connect Core §3.1.3.7). */
  exchangeCode(
    currentUrl: URL,
    checks: AuthorizationResponseChecks,
    binding: TokenBinding = {},
  ): Promise<TokenResponse> {
    return this.granted(binding, (configuration, proof) =>
      codeGrant(configuration, currentUrl, checks, this.parameters(), proof),
    );
  }

  /**
   * `maySend` is asked right before each sending, the one that repeats the call with another nonce too. A failure tells the refresh token of an answer
   * that can't be used: {@link grantedIn}.
   */
  async refresh(
    refreshToken: string,
    binding: TokenBinding,
    maySend: () => boolean,
    wanted: TokenParameters = {},
  ): Promise<TokenResponse> {
    let answer: Response | undefined;
    const answered = (response: Response) => {
      if (response.ok) answer = response.clone();
    };
    const request = (configuration: Configuration, proof: DPoPOptions) =>
      sendingWhile({ maySend, answered }, () =>
        refreshTokenGrant(configuration, refreshToken, this.parameters(wanted), proof),
      );
    try {
      return await this.granted(binding, request, 'refresh');
    } catch (error) {
      throw answer ? granting(failureOf(error), await this.opened(answer)) : error;
    }
  }

  /** For the client itself (RFC 6749 §4.4). */
  clientCredentials(wanted: TokenParameters, binding: TokenBinding): Promise<TokenResponse> {
    return this.granted(binding, (configuration, proof) =>
      clientCredentials(configuration, this.parameters(wanted), proof),
    );
  }

  /** A user's access token for another (RFC 8693). */
  exchangeToken(
    subjectToken: string,
    wanted: TokenParameters,
    binding: TokenBinding,
    maySend: () => boolean,
  ): Promise<TokenResponse> {
    return this.granted(binding, (configuration, proof) =>
      sendingWhile({ maySend }, () => tokenExchange(configuration, subjectToken, parametersOf(wanted), proof)),
    );
  }

  /** What it says, with the signed ID token inside an encrypted one; without one that can't be opened. */
  private async opened(answer: Response): Promise<Record<string, unknown>> {
    const members = await membersOf(answer);
    const { id_token: idToken } = members;
    if (typeof idToken !== 'string') return members;
    const signed = signedJwt(idToken, this.options, this.credentials.decryptionKeys());
    return { ...members, id_token: await signed.catch(() => undefined) };
  }

  /** Where nothing says which API a token is for, the one that all are for. */
  private parameters(wanted: TokenParameters = {}): Record<string, string> {
    const standard = wanted.resource === undefined && wanted.audience === undefined;
    return { ...(standard && resourceIndicator(this.options)), ...parametersOf(wanted) };
  }

  private granted(
    binding: TokenBinding,
    request: (configuration: Configuration, proof: DPoPOptions) => Promise<GrantedTokens>,
    grant: 'new' | 'refresh' = 'new',
  ): Promise<TokenResponse> {
    return this.client.call(async configuration => {
      const bound = this.binding(binding);
      const response = await request(configuration, await proving(configuration, bound, this.nonces));
      return { tokens: await this.asBound(response, bound, grant), claims: response.claims?.() };
    });
  }

  /** With the certificate of this moment: one that comes while the call is under way makes the token look old, not new. */
  private binding(asked: TokenBinding): TokenBinding {
    const bound = this.options.certificateBoundAccessTokens;
    return { ...asked, certificate: bound ? this.credentials.certificate()?.thumbprint : undefined };
  }

  /** Tokens that aren't bound as was asked for, or that no header can carry, are given back; but a session lives on its refresh token (R3). */
  private async asBound(
    response: TokenEndpointResponse,
    binding: TokenBinding,
    grant: 'new' | 'refresh',
  ): Promise<TokenSet> {
    const tokens = tokenSetOf(response, binding);
    const mistake = bindingMistake(response.token_type, binding) ?? spellingMistake(tokens);
    if (!mistake) return tokens;
    if (tokens.refreshToken !== undefined && grant === 'new')
      await this.client.revoke(tokens.refreshToken, 'refresh_token').catch(() => {});
    await this.client.revoke(tokens.accessToken, 'access_token').catch(() => {});
    throw mistake;
  }
}
