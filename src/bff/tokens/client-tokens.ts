import type { Events } from '../events.js';
import type { Frontend } from '../frontend.js';
import { type DpopKey, newDpopKey } from '../oauth-client/dpop-key.js';
import { type AuthorizationServerFailure, failureOf } from '../oauth-client/failure.js';
import type { TokenSet } from '../oauth-client/token-set.js';
import type { RouteToken } from './route-token.js';
import { recordTokenFailure } from './token-failure.js';
import { FORCE_PAUSE, isDue, isUsable } from './validity.js';

/** Milliseconds for which a failed request answers for those that follow, so that they don't storm a server in trouble. */
const FAILURE_PAUSE = 1000;
/** Milliseconds after which a token whose life nobody knows is fetched anew (`expires_in` is only recommended, RFC 6749 §5.1). */
const UNKNOWN_LIFE = 300_000;

/** Access tokens of the clients' own (RFC 6749 §4.4), in this process's memory: they cost one request each, and belong to no session. */
export class ClientTokens {
  private readonly ofFrontends = new WeakMap<Frontend, Map<string, ClientToken>>();
  private readonly dpopKeys = new WeakMap<Frontend, DpopKey>();
  private readonly underWay = new Set<Promise<TokenSet>>();

  constructor(private readonly events: Events) {}

  /** Rejects with an {@link AuthorizationServerFailure}. */
  of(frontend: Frontend, wanted: RouteToken): Promise<TokenSet> {
    return this.at(frontend, wanted).current();
  }

  /** An API refused it although it should be good: another, or `undefined` when none is to be had now (R12). */
  replaceRejected(frontend: Frontend, wanted: RouteToken, accessToken: string): Promise<TokenSet | undefined> {
    return this.at(frontend, wanted).replace(accessToken);
  }

  /** Resolves when no request is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.underWay);
  }

  private at(frontend: Frontend, wanted: RouteToken): ClientToken {
    const ofFrontend = this.ofFrontends.get(frontend) ?? new Map<string, ClientToken>();
    this.ofFrontends.set(frontend, ofFrontend);
    const known = ofFrontend.get(wanted.key);
    if (known) return known;
    const token = new ClientToken(frontend, () => this.fetch(frontend, wanted));
    ofFrontend.set(wanted.key, token);
    return token;
  }

  private fetch(frontend: Frontend, wanted: RouteToken): Promise<TokenSet> {
    const fetched = this.request(frontend, wanted);
    this.underWay.add(fetched);
    const forget = () => this.underWay.delete(fetched);
    fetched.then(forget, forget);
    return fetched;
  }

  private async request(frontend: Frontend, { parameters }: RouteToken): Promise<TokenSet> {
    try {
      return (await frontend.client.tokenEndpoint.clientCredentials(parameters, { dpop: this.dpopKeyOf(frontend) }))
        .tokens;
    } catch (error) {
      const failure = failureOf(error);
      recordTokenFailure(this.events, 'client_credentials', failure, { frontend: frontend.name });
      throw failure;
    }
  }

  /** One for all of a frontend's: they're no session's, and one process's each. */
  private dpopKeyOf(frontend: Frontend): DpopKey | undefined {
    if (!frontend.options.dpop) return undefined;
    const key = this.dpopKeys.get(frontend) ?? newDpopKey();
    this.dpopKeys.set(frontend, key);
    return key;
  }
}

/** One of them: fetched when first needed, then ahead of its expiry, by one request however many ask. */
class ClientToken {
  private tokens: TokenSet | undefined;
  private inFlight: Promise<TokenSet> | undefined;
  private failed: { failure: AuthorizationServerFailure; at: number } | undefined;
  private forcedAt = 0;

  constructor(
    private readonly frontend: Frontend,
    private readonly request: () => Promise<TokenSet>,
  ) {}

  /** While the old one lives nobody waits for the new one. */
  async current(): Promise<TokenSet> {
    const { tokens } = this;
    if (tokens && !this.isDue(tokens)) return tokens;
    const fetched = this.fetchOnce();
    if (!tokens || !isUsable({ frontend: this.frontend }, tokens)) return fetched;
    fetched.catch(() => {});
    return tokens;
  }

  async replace(accessToken: string): Promise<TokenSet | undefined> {
    const { tokens } = this;
    if (!tokens || tokens.accessToken !== accessToken) return tokens;
    const now = Date.now();
    if (!this.inFlight && now - Math.max(tokens.obtainedAt, this.forcedAt) < FORCE_PAUSE) return undefined;
    this.forcedAt = now;
    // a failure has been recorded, and the API's 401 is the answer
    return this.fetchOnce().catch(() => undefined);
  }

  private isDue(tokens: TokenSet): boolean {
    const unknown = tokens.expiresAt === undefined && Date.now() - tokens.obtainedAt >= UNKNOWN_LIFE;
    return unknown || isDue({ frontend: this.frontend }, tokens);
  }

  private fetchOnce(): Promise<TokenSet> {
    const { failed } = this;
    if (failed && performance.now() - failed.at < FAILURE_PAUSE) return Promise.reject(failed.failure);
    this.inFlight ??= this.fetch().finally(() => (this.inFlight = undefined));
    return this.inFlight;
  }

  private async fetch(): Promise<TokenSet> {
    try {
      this.tokens = await this.request();
      this.failed = undefined;
      return this.tokens;
    } catch (error) {
      this.failed = { failure: failureOf(error), at: performance.now() };
      throw error;
    }
  }
}
