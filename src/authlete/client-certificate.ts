import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { compile } from 'proxy-addr';
import type { AuthleteOptions } from './authlete.options.js';
import { certificatesInHeaders } from './certificate-headers.js';
import { certificatesOfSocket } from './tls-certificate.js';

/** PEM, as Authlete takes it; the path is the chain without the client's own certificate. */
export interface ClientCertificate {
  clientCertificate?: string;
  clientCertificatePath?: string[];
}

/**
 * Who tells us of client certificates: the socket, unless its peer is the terminator that we trust. Then the socket's own certificate would be the
 * terminator's; and a header from anybody else is a forgery (RFC 9440 §4).
 */
export function clientCertificateReader(options: AuthleteOptions): (request: IncomingMessage) => ClientCertificate {
  const terminatorBefore = terminatorReader(options);
  return request => {
    const terminator = terminatorBefore(request);
    const behind = terminator !== undefined;
    return inPem(behind ? certificatesInHeaders(request, terminator.style) : certificatesOfSocket(request.socket));
  };
}

/** The terminator that we trust, for a request that comes from it. */
export function terminatorReader({ trustedTlsTerminator: terminator }: AuthleteOptions) {
  const isTrusted = compile(terminator?.addresses ?? []);
  return ({ socket: { remoteAddress } }: IncomingMessage) =>
    terminator !== undefined && remoteAddress !== undefined && isTrusted(remoteAddress, 0) ? terminator : undefined;
}

function inPem([leaf, ...path]: X509Certificate[]): ClientCertificate {
  if (leaf === undefined) return {};
  return { clientCertificate: leaf.toString(), ...(path.length > 0 && { clientCertificatePath: path.map(String) }) };
}
