import { readFileSync } from 'node:fs';
import { trusted } from '../../key-material/certificates.js';
import type { RedisUrl } from '../../storage-url.js';
import type { Access } from './connection.js';

/** As it is when a connection is opened: the file of certificate authorities is read anew, and while it can't be, what it held goes on. */
export function accessTo({ tls, credentials, database }: RedisUrl, caFile: string | undefined): () => Access {
  let ca = tls && caFile !== undefined ? trusted(readFileSync(caFile, 'utf8')) : undefined;
  return () => {
    try {
      if (ca && caFile !== undefined) ca = trusted(readFileSync(caFile, 'utf8'));
    } catch {
      // half-written, perhaps: said by whoever watches that file for outbound calls
    }
    return { tls: tls ? { ca } : undefined, credentials, database };
  };
}
