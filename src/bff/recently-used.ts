/** A map that forgets what wasn't used lately. It holds `most` entries at most; half of them, the last ones used, it holds for certain. */
export class RecentlyUsed<Value> {
  private recent = new Map<string, Value>();
  private before = new Map<string, Value>();

  constructor(private readonly most: number) {}

  get(key: string): Value | undefined {
    const known = this.recent.get(key);
    if (known !== undefined) return known;
    const older = this.before.get(key);
    if (older !== undefined) this.keep(key, older);
    return older;
  }

  keep(key: string, value: Value): void {
    this.before.delete(key);
    this.recent.set(key, value);
    if (this.recent.size * 2 < this.most) return;
    this.before = this.recent;
    this.recent = new Map();
  }

  forget(key: string): void {
    this.recent.delete(key);
    this.before.delete(key);
  }
}
