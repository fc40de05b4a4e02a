/**
 * The one seam of Parlour: what a storage backend must do. Keys are printable ASCII of at most 400 characters in the form `{tag}:kind`; keys of one tag
 * live together in a cluster. Values are opaque bytes. Lifetimes are milliseconds from now; an expired record is absent everywhere.
 * Every method rejects with {@link StorageUnavailable}, and with nothing else, when the backend can't be reached or fails.
 */
export interface Storage {
  get(key: string): Promise<StoredRecord | undefined>;
  put(key: string, value: Uint8Array, lifetime: number): Promise<void>;
  /** Atomic over all processes. `false`: there is one already, and it stays as it was. */
  putIfAbsent(key: string, value: Uint8Array, lifetime: number): Promise<boolean>;
  /** Atomic: replaces the record only while its version is still `version`. `false`: it has changed, expired or gone; nothing was written. */
  compareAndSwap(key: string, version: string, value: Uint8Array, lifetime: number): Promise<boolean>;
  /** `true` when there was a living record. Of several parallel deletes exactly one says so. */
  delete(key: string): Promise<boolean>;
  /** Index sets: members are strings; a set lives until the longest `lifetime` that it was given is over. */
  addToSet(key: string, member: string, lifetime: number): Promise<void>;
  removeFromSet(key: string, member: string): Promise<void>;
  membersOfSet(key: string): Promise<string[]>;
  /** Resolves when the backend answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface StoredRecord {
  value: Uint8Array;
  /** Differs after each write of the key, also after a delete and a new put. */
  version: string;
}

export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable';
}

/** What the module gets by this token is whatever backend the storage URL picks. */
export const STORAGE = Symbol('Storage');
