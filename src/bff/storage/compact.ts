import { readStorageUrl } from '../storage-url.js';
import { compact, type Compaction } from './embedded/compaction.js';
import { StorageUnavailable } from './storage.js';

/** Rejects with {@link StorageUnavailable}, which says why not; then everything is as it was. */
export async function compactStorage(url: string): Promise<Compaction> {
  const where = readStorageUrl(url);
  if (typeof where === 'string') throw new StorageUnavailable(`The storage URL ${where}.`);
  if (where.kind === 'embedded') return compact(where.folder);
  throw new StorageUnavailable(
    'STORAGE_URL names a Redis: there is no file to compact. Redis gives room back by itself.',
  );
}
