import { type Dispatcher, MockAgent } from 'undici';

export const ISSUER = 'https://as.example';

/** An authorization server without a network, that rotates: who shows a refresh token twice loses the grant (RFC 9700 §4.14.2). One grant a login. */
export class RotatingTokens {
  readonly dispatcher = new MockAgent({ connections: 1 });
  /** Refresh tokens that came a second time. */
  readonly reused: string[] = [];
  /** The living refresh token of each grant. */
  private readonly current = new Map<string, string>();
  /** The last access token of each grant, until it's revoked: those before it have expired. */
  private readonly accessTokens = new Map<string, string>();
  /** How often each grant has been refreshed. */
  private readonly refreshes = new Map<string, number>();
  private count = 0;

  constructor() {
    this.dispatcher.disableNetConnect();
    const server = this.dispatcher.get(ISSUER);
    const metadata = {
      issuer: ISSUER,
      ...Object.fromEntries(
        ['authorization', 'token', 'revocation'].map(name => [`${name}_endpoint`, `${ISSUER}/${name}`]),
      ),
      pushed_authorization_request_endpoint: `${ISSUER}/par`,
      jwks_uri: `${ISSUER}/jwks`,
    };
    const json = { headers: { 'content-type': 'application/json' } };
    server.intercept({ path: '/.well-known/openid-configuration' }).reply(200, metadata, json).persist();
    const posted = (path: string) => server.intercept({ path, method: 'POST' });
    posted('/token')
      .reply(({ body }) => ({ ...this.token(parameters(body)), responseOptions: json }))
      .persist();
    posted('/revocation')
      .reply(({ body }) => this.revoked(parameters(body)))
      .persist();
  }

  login(): { grant: string; accessToken: string; refreshToken: string } {
    const grant = `grant ${(this.count += 1)}`;
    return { grant, ...this.issue(grant) };
  }

  /** The refresh token that goes on with this grant; `undefined`: it's over. */
  livingRefreshToken(grant: string): string | undefined {
    return this.current.get(grant);
  }

  hasLivingAccessToken(grant: string): boolean {
    return this.accessTokens.has(grant);
  }

  refreshesOf(grant: string): number {
    return this.refreshes.get(grant) ?? 0;
  }

  private issue(grant: string): { accessToken: string; refreshToken: string } {
    const number = (this.count += 1);
    const [accessToken, refreshToken] = [`access ${number}`, `refresh ${number} of ${grant}`];
    this.current.set(grant, refreshToken);
    this.accessTokens.set(grant, accessToken);
    return { accessToken, refreshToken };
  }

  private token(asked: URLSearchParams) {
    const shown = asked.get('refresh_token') ?? '';
    const grant = grantOf(shown);
    const current = this.current.get(grant);
    if (current === shown) {
      const { accessToken, refreshToken } = this.issue(grant);
      this.refreshes.set(grant, this.refreshesOf(grant) + 1);
      const data = { access_token: accessToken, refresh_token: refreshToken, token_type: 'bearer', expires_in: 300 };
      return { statusCode: 200, data: JSON.stringify(data) };
    }
    if (current !== undefined) this.reused.push(shown);
    this.current.delete(grant);
    return { statusCode: 400, data: JSON.stringify({ error: 'invalid_grant' }) };
  }

  private revoked(asked: URLSearchParams) {
    const shown = asked.get('token') ?? '';
    if (shown.startsWith('refresh')) this.current.delete(grantOf(shown));
    for (const [grant, last] of this.accessTokens) if (last === shown) this.accessTokens.delete(grant);
    return { statusCode: 200 };
  }
}

const grantOf = (refreshToken: string) => refreshToken.replace(/^.* of /, '');

function parameters(body: unknown): URLSearchParams {
  return new URLSearchParams(String(body));
}

/** Every request goes out when `turn` lets it, and so does its answer. */
export function inTurn(dispatcher: Dispatcher, turn: (what: string) => Promise<void>): Dispatcher {
  return dispatcher.compose(dispatch => (options, handler) => {
    void turn(`${options.method} ${options.path}`).then(() => dispatch(options, handler));
    return true;
  });
}
