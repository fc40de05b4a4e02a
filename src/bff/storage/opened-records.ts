import { RecentlyUsed } from '../recently-used.js';

/** Records that are kept open, of each frontend: with the usual 2 kB some 8 MB. */
const MOST = 4096;

/**
 * Records that were opened before: opening costs more than all else of a read. What is kept counts only for the very version that the storage has just
 * given out, so nothing has to be told when it changes or goes (R13). Nobody who gets one can change it.
 */
export class OpenedRecords {
  private readonly opened = new RecentlyUsed<{ version: string; value: unknown }>(MOST);

  get(key: string, version: string): { value: unknown } | undefined {
    const known = this.opened.get(key);
    if (known?.version !== version) return undefined;
    return known;
  }

  keep(key: string, version: string, value: unknown): { value: unknown } {
    const opened = { version, value: frozen(value) };
    this.opened.keep(key, opened);
    return opened;
  }

  forget(key: string): void {
    this.opened.forget(key);
  }
}

/** JSON has no cycles. */
function frozen(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}
