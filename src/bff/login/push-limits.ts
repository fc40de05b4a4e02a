import type { LimitOptions } from '../bff.options.js';
import { clientNetwork } from '../client-address.js';
import { BffError } from '../errors.js';

/** Clients that are remembered; beyond it the one that was seen first goes, and with it a little of its penalty. */
const MOST_CLIENTS = 50_000;

/**
 * Pushes cost the authorization server work and a place in its storage, and anybody may start a login: a token bucket for each client address and one
 * for all, a cap on those in flight, and a pause while the server says 429, so that strangers can't get the client throttled there (P12).
 */
export class PushLimits {
  private readonly clients = new Map<string, TokenBucket>();
  private readonly everybody: TokenBucket;
  private inFlight = 0;
  private pausedUntil = 0;

  constructor(private readonly limits: LimitOptions) {
    this.everybody = new TokenBucket(limits.loginBurstTotal, limits.loginRateTotal);
  }

  /** Runs the push, or throws `login_rate_limited`. */
  async run<T>(clientAddress: string, push: () => Promise<T>): Promise<T> {
    const pause = Math.ceil((this.pausedUntil - performance.now()) / 1000);
    if (pause > 0)
      throw new BffError('authorization_server_unavailable', {
        retryAfter: pause,
        reason: 'the authorization server said 429',
      });
    if (this.inFlight >= this.limits.pushesInFlight) throw new BffError('login_rate_limited', { retryAfter: 1 });
    take(this.client(clientNetwork(clientAddress)));
    take(this.everybody);
    this.inFlight++;
    try {
      return await push();
    } finally {
      this.inFlight--;
    }
  }

  /** The server said 429: nothing is pushed for so many seconds. */
  pause(seconds: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, performance.now() + seconds * 1000);
  }

  private client(network: string): TokenBucket {
    const bucket = this.clients.get(network) ?? new TokenBucket(this.limits.loginBurst, this.limits.loginRate);
    // the map keeps the order of insertion, so the first is the one that wasn't seen for the longest time
    this.clients.delete(network);
    this.clients.set(network, bucket);
    const [oldest] = this.clients.keys();
    if (this.clients.size > MOST_CLIENTS && oldest !== undefined) this.clients.delete(oldest);
    return bucket;
  }
}

function take(bucket: TokenBucket): void {
  const wait = bucket.take();
  if (wait > 0) throw new BffError('login_rate_limited', { retryAfter: wait });
}

class TokenBucket {
  private tokens: number;
  private at = performance.now();

  constructor(
    private readonly burst: number,
    private readonly perSecond: number,
  ) {
    this.tokens = burst;
  }

  /** 0: taken. Else the whole seconds until there is a token. */
  take(): number {
    const now = performance.now();
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.at) / 1000) * this.perSecond);
    this.at = now;
    if (this.tokens < 1) return Math.ceil((1 - this.tokens) / this.perSecond);
    this.tokens--;
    return 0;
  }
}
