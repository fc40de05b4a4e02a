/**
 * The one seam of Parlour: what a storage backend must do. Keys are printable ASCII of at most 400 characters in the form `{tag}:kind`; keys of one tag
 * live together in a cluster. Values are opaque bytes. Lifetimes are milliseconds from now; an expired record is absent everywhere.
 * Every method rejects with {@link StorageUnavailable}, and with nothing else, when the backend can't be reached or fails.
 */
export interface Storage {
  get(key: string): Promise<StoredRecord | undefined>;
  /** The same of several keys of one tag, in their order. */
  getAll(keys: readonly string[]): Promise<(StoredRecord | undefined)[]>;
  /** After this or another write, what is read here of the key's tag is no older than that. */
  put(key: string, value: Uint8Array, lifetime: number): Promise<void>;
  /** Atomic over all processes. `false`: there is one already, and it stays as it was. */
  putIfAbsent(key: string, value: Uint8Array, lifetime: number): Promise<boolean>;
  /** Atomic: replaces the record only while its version is still `version`. `false`: it has changed, expired or gone; nothing was written. */
  compareAndSwap(key: string, version: string, value: Uint8Array, lifetime: number): Promise<boolean>;
  /** `true` when there was a living record. Of several parallel deletes exactly one says so. */
  delete(key: string): Promise<boolean>;
  /** Index sets: members are strings, each of which is there for its own `lifetime`; adding it again sets that anew. */
  addToSet(key: string, member: string, lifetime: number): Promise<void>;
  removeFromSet(key: string, member: string): Promise<void>;
  membersOfSet(key: string): Promise<string[]>;
  /** Tells everybody who listens on the channel, in this process and in all that share the storage. Nothing is kept for who comes later. A channel is named like a key. */
  publish(channel: string, notice: string): Promise<void>;
  /** Resolves when no later notice will be missed unsaid. What is read of the channel's tag from then on, or after a notice, is no older than that. */
  subscribe(channel: string, listener: NoticeListener): Promise<Subscription>;
  /** Resolves when the backend answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface StoredRecord {
  value: Uint8Array;
  /** Differs after each write of the key, also after a delete and a new put. */
  version: string;
}

export interface NoticeListener {
  received(notice: string): void;
  /** Notices may have been lost (a connection broke, this process stood still): what they would have said has to be looked up. */
  missed(): void;
}

export interface Subscription {
  close(): void;
}

export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable';
}

/** What the module gets by this token is whatever backend the storage URL picks. */
export const STORAGE = Symbol('Storage');
