/** Seconds for which others may keep what `/jwks` answers. */
export const JWKS_MAX_AGE = 60;
/**
 * Milliseconds for which a new public key stands at `/jwks` before its private half is used: five times as long as that answer may be kept, so that a
 * server with an older copy, and another instance that hasn't looked at the file yet, know it by then.
 */
export const PUBLICATION_LEAD = 5 * JWKS_MAX_AGE * 1000;

export interface Published {
  publicJwk: object;
}

/** Which of several credentials is used while they change: the first that has been published for long enough. */
export class Succession {
  private since = new Map<string, number>();

  /** What has been there from the start counts as known. */
  constructor(published: readonly Published[]) {
    this.since = new Map(published.map(one => [idOf(one), -Infinity]));
  }

  publish(published: readonly Published[]): void {
    const now = Date.now();
    this.since = new Map(published.map(one => [idOf(one), this.since.get(idOf(one)) ?? now]));
  }

  /** Where all are new, there's no choice but the first. */
  inUse<T extends Published>(candidates: readonly T[]): T | undefined {
    const known = (one: T) => Date.now() - (this.since.get(idOf(one)) ?? Infinity) >= PUBLICATION_LEAD;
    const oldest = Math.min(...candidates.map(one => this.since.get(idOf(one)) ?? Infinity));
    return candidates.find(known) ?? candidates.find(one => this.since.get(idOf(one)) === oldest);
  }
}

function idOf({ publicJwk }: Published): string {
  return JSON.stringify(publicJwk);
}
