/** Milliseconds between two warnings of one credential. */
const REMINDER = 24 * 60 * 60 * 1000;

export interface ExpiringCredential {
  /** As it's called in logs and metrics. */
  name: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

export interface ExpiryObserver {
  expiring(credential: ExpiringCredential): void;
  expired(credential: ExpiringCredential): void;
}

/** Warns before a credential ends, and once more each day (C8). One that has ended is still tried: the server decides. */
export class CredentialExpiry {
  /** When each was last spoken of, with what was said. */
  private readonly said = new Map<string, number>();

  /** `warning`: seconds before the end. */
  constructor(
    private readonly warning: number,
    private readonly observer: ExpiryObserver,
  ) {}

  review(credentials: readonly ExpiringCredential[]): void {
    for (const credential of credentials) this.reviewOne(credential, Date.now());
  }

  private reviewOne(credential: ExpiringCredential, now: number): void {
    const left = credential.expiresAt - now;
    if (left > this.warning * 1000) return;
    const kind = left > 0 ? 'expiring' : 'expired';
    const saying = [kind, credential.name, credential.expiresAt].join(' ');
    if (now - (this.said.get(saying) ?? -Infinity) < REMINDER) return;
    this.said.set(saying, now);
    this.observer[kind](credential);
  }
}
