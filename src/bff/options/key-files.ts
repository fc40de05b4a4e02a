import { readFileSync } from 'node:fs';
import { readCertificates } from '../key-material/certificates.js';
import { readCertificateKey, readChain } from '../key-material/client-certificate.js';
import { readPrivateJwks } from '../key-material/private-jwks.js';
import { UnusableKeyMaterial } from '../key-material/unusable.js';
import { text } from './rules.js';

export const privateJwksFile = text(usableBy(readPrivateJwks));

export const certificateFile = text(usableBy(readChain));

export const certificateKeyFile = text(usableBy(readCertificateKey));

export const authoritiesFile = text(usableBy(readCertificates));

/** A file from which this can be read. No problem quotes it: it's a secret (S3). */
function usableBy(read: (content: string) => unknown): (path: string) => string | undefined {
  return path => problemOf(() => read(readFileSync(path, 'utf8')));
}

/** What keeps key material from being used. */
export function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof UnusableKeyMaterial ? error.message : 'must be a file that can be read';
  }
}
