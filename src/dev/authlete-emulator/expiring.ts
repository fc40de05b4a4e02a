interface Entry<T> {
  value: T;
  /** Seconds since the epoch. */
  expiresAt: number;
}

/** What lives for a while, by a key nobody can guess. */
export class Expiring<T> {
  private readonly entries = new Map<string, Entry<T>>();

  constructor(private readonly now: () => number) {}

  put(key: string, value: T, seconds: number): void {
    this.entries.set(key, { value, expiresAt: this.now() + seconds });
  }

  get(key: string): T | undefined {
    const entry = this.entries.get(key);
    return entry && entry.expiresAt > this.now() ? entry.value : undefined;
  }

  take(key: string): T | undefined {
    const value = this.get(key);
    this.entries.delete(key);
    return value;
  }
}
