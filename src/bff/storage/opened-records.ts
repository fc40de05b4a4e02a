/** Records that are kept open, of each frontend: with the usual 2 kB some 8 MB. */
const MOST = 4096;

/**
 * Records that were opened before: opening costs more than all else of a read. What is kept counts only for the very version that the storage has just
 * given out, so nothing has to be told when it changes or goes (R13). As text, so that nobody who gets it can change it.
 */
export class OpenedRecords {
  /** The one that was used longest ago comes first. */
  private readonly opened = new Map<string, { version: string; text: string }>();

  get(key: string, version: string): string | undefined {
    const known = this.opened.get(key);
    if (known?.version !== version) return undefined;
    this.opened.delete(key);
    this.opened.set(key, known);
    return known.text;
  }

  keep(key: string, version: string, text: string): void {
    this.opened.delete(key);
    this.opened.set(key, { version, text });
    for (const oldest of this.opened.keys()) {
      if (this.opened.size <= MOST) break;
      this.opened.delete(oldest);
    }
  }

  forget(key: string): void {
    this.opened.delete(key);
  }
}
