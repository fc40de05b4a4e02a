/** Finds the keys of one tag without a look at all others. */
export class TaggedMap<T> extends Map<string, T> {
  readonly #keys = new Map<string, Set<string>>();

  override set(key: string, value: T): this {
    const keys = this.#keys.get(tagOf(key));
    if (keys) keys.add(key);
    else this.#keys.set(tagOf(key), new Set([key]));
    return super.set(key, value);
  }

  override delete(key: string): boolean {
    const keys = this.#keys.get(tagOf(key));
    keys?.delete(key);
    if (keys?.size === 0) this.#keys.delete(tagOf(key));
    return super.delete(key);
  }

  /** Those that share the tag of `key`. */
  beside(key: string): string[] {
    return [...(this.#keys.get(tagOf(key)) ?? [])];
  }
}

/** With its braces: what decides where a key is in a cluster. */
function tagOf(key: string): string {
  return key.slice(0, key.indexOf('}') + 1);
}
