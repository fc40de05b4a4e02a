/** RFC 9449 §8.1; a longer one would make of the proof a header that servers refuse. */
const NONCE = /^[\x21\x23-\x5b\x5d-\x7e]{1,1024}$/;
const MOST_SERVERS = 100;

/**
 * The newest nonce of each server (RFC 9449 §8, §9), shared by all sessions of a frontend, so that a server that wants one costs a second call
 * when it gives a new one and not with each login. A nonce goes to the origin that gave it and to no other.
 */
export class DpopNonces {
  private readonly newest = new Map<string, string>();

  of(origin: string): string | undefined {
    return this.newest.get(origin);
  }

  /** From an answer of that origin's. What can be no nonce isn't learnt. */
  learn(origin: string, nonce: string | null | undefined): void {
    if (typeof nonce !== 'string' || !NONCE.test(nonce)) return;
    this.newest.delete(origin);
    this.newest.set(origin, nonce);
    const [oldest] = this.newest.keys();
    if (this.newest.size > MOST_SERVERS && oldest !== undefined) this.newest.delete(oldest);
  }
}
