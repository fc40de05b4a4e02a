import { readStorageUrl } from '../storage-url.js';
import { openEmbedded } from './embedded.js';
import { type StorageObserver, unobserved } from './observer.js';
import type { Storage } from './storage.js';

/**
 * The backend that a storage URL picks. Rejects with an Error that says what is wrong with the URL, the folder, the file or the server.
 * `caFile`: certificate authorities to trust besides Node's own.
 */
export async function openStorage(
  url: string,
  { caFile, observer = unobserved }: { caFile?: string | undefined; observer?: StorageObserver } = {},
): Promise<Storage> {
  const where = readStorageUrl(url);
  if (typeof where === 'string') throw new Error(`The storage URL ${where}.`);
  if (where.kind === 'embedded') return openEmbedded(where.folder, observer);
  // who needs no Redis starts without it
  const { openRedis } = await import('./redis.js');
  return openRedis(where, caFile, observer);
}
