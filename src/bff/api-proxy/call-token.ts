import { problemOf } from '../authorization-server-problem.js';
import type { Frontend } from '../frontend.js';
import { failureOf } from '../oauth-client/failure.js';
import type { TokenSet } from '../oauth-client/token-set.js';
import type { Session } from '../session/session-record.js';
import type { Sessions } from '../session/session.js';
import type { ClientTokens } from '../tokens/client-tokens.js';
import type { ApiRoute } from './api-route.js';

/** What decides which token a call gets. */
export interface TokenNeeds {
  readonly frontend: Frontend;
  readonly target: { readonly route: ApiRoute };
  /** That the call is made for. */
  readonly session: Session | undefined;
}

const NO_TOKEN = Promise.resolve(undefined);

/** Whose access token goes with a call, by its route's kind. */
export class CallTokens {
  constructor(
    private readonly sessions: Sessions,
    private readonly clientTokens: ClientTokens,
  ) {}

  /** `undefined`: none. Throws what the browser is to be told. */
  of({ frontend, target: { route }, session }: TokenNeeds): Promise<TokenSet | undefined> {
    if (isClients(route, session)) return this.ofClient(frontend, route);
    return session && route.options.token !== 'none' ? this.sessions.tokens(session, route.other) : NO_TOKEN;
  }

  /** An API answered 401 to these: others, or `undefined` (R12). */
  async rejected(
    { frontend, target: { route }, session }: TokenNeeds,
    tokens: TokenSet,
  ): Promise<TokenSet | undefined> {
    if (isClients(route, session)) return this.clientTokens.replaceRejected(frontend, route.wanted, tokens.accessToken);
    return session && this.sessions.tokenRejected(session, tokens, route.other);
  }

  private async ofClient(frontend: Frontend, { wanted }: ApiRoute): Promise<TokenSet> {
    try {
      return await this.clientTokens.of(frontend, wanted);
    } catch (error) {
      throw problemOf(failureOf(error));
    }
  }
}

/** Another login of the user's would make another token of it. */
export function isUsers({ target: { route }, session }: TokenNeeds): boolean {
  return session !== undefined && route.options.token.startsWith('user');
}

function isClients({ options: { token } }: ApiRoute, session: Session | undefined): boolean {
  return token === 'client' || (token === 'user-or-client' && session === undefined);
}
