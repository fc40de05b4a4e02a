import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** Node hands a connection's chain out once; whoever asks again gets the first certificate alone (seen with Node 24.21). */
const sent = new WeakMap<TLSSocket, X509Certificate[]>();

/**
 * What the client sent in this connection, in its order. Not from `getPeerCertificate(true)`: that leaves out what doesn't fit and fills up from
 * the server's own trust store. A server that finds the certificate trustworthy itself has no chain to tell of, so it must trust nobody: see
 * `CLIENT_CERTIFICATES`.
 */
export function certificatesOfSocket(socket: Socket): X509Certificate[] {
  if (!(socket instanceof TLSSocket)) return [];
  const known = sent.get(socket);
  if (known) return known;
  const certificates = [...chainFrom(socket.getPeerX509Certificate())];
  sent.set(socket, certificates);
  return certificates;
}

/** A certificate that comes again would lead round and round. */
function* chainFrom(first: X509Certificate | undefined): Generator<X509Certificate> {
  const seen = new Set<string>();
  for (let next = first; next && !seen.has(next.fingerprint256); next = next.issuerCertificate) {
    seen.add(next.fingerprint256);
    yield next;
  }
}

/** For `https.createServer`: ask for a certificate and take any, as Authlete is who judges it. */
export const CLIENT_CERTIFICATES = { requestCert: true, rejectUnauthorized: false, ca: [] as string[] };
