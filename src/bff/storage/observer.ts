/** What an operator should know of the storage. A text never holds a secret. */
export interface StorageObserver {
  /** Found when it was opened: with this setting sessions may be lost. */
  danger(reason: string): void;
  /** A server can't be reached any more. */
  lost(why: string): void;
  recovered(server: string): void;
  /** So many writes were acknowledged although no replica had them in time. */
  unconfirmed(writes: number): void;
}

const ignored = () => undefined;

export const unobserved: StorageObserver = { danger: ignored, lost: ignored, recovered: ignored, unconfirmed: ignored };
