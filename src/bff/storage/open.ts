import { openEmbedded } from './embedded.js';
import type { Storage } from './storage.js';

/**
 * The backend that a storage URL picks: `file:./data` (relative to the working directory) or `file:/var/lib/app` is the
 * embedded one, in that folder. Rejects with an Error that says what is wrong with the URL, the folder or the file.
 */
export async function openStorage(url: string): Promise<Storage> {
  const folder = /^file:(.*)$/i.exec(url)?.[1];
  if (folder === undefined)
    throw new Error(`The storage URL has no scheme that is known here; it is written ${FORMS}.`);
  return openEmbedded(localFolder(folder));
}

const FORMS = 'file:./folder or file:/absolute/folder';

/** Not `fileURLToPath`: it knows no relative paths. The two writings of an absolute one that it does know are read alike. */
function localFolder(path: string): string {
  const folder = decodeURIComponent(path.replace(/^\/\/(localhost)?(?=\/)/i, ''));
  if (folder === '' || folder.startsWith('//')) {
    throw new Error(`The storage URL names no folder on this machine; it is written ${FORMS}.`);
  }
  return folder;
}
