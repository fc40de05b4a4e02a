import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** A header that a trusted terminator has set, and that can't be believed. */
export class UnreadableCertificate extends Error {
  override readonly name = 'UnreadableCertificate';
}

/** The client's certificate and, behind it, the others that it sent; empty when it sent none. */
export function certificatesInHeaders(request: IncomingMessage, style: 'nginx' | 'rfc9440'): X509Certificate[] {
  const [leaf, chain] = style === 'nginx' ? nginxHeaders(request) : rfc9440Headers(request);
  if (leaf === undefined && chain.length > 0) throw new UnreadableCertificate('a chain without a certificate');
  return leaf === undefined ? [] : [leaf, ...chain];
}

/** `$ssl_client_escaped_cert`, and the names that Authlete's own server reads. Apache writes PEM with spaces for line ends. */
function nginxHeaders(request: IncomingMessage): [X509Certificate | undefined, X509Certificate[]] {
  const read = (name: string) => headerOf(request, name)?.map(escapedPem)[0];
  const chain = [0, 1, 2, 3, 4].map(index => read(`x-ssl-cert-chain-${index}`));
  return [read('x-ssl-cert'), chain.filter(certificate => certificate !== undefined)];
}

/** RFC 9440 §2: byte sequences of structured fields (RFC 8941 §3.3.5) that hold DER; the chain is a list of them. */
function rfc9440Headers(request: IncomingMessage): [X509Certificate | undefined, X509Certificate[]] {
  const [leaf] = headerOf(request, 'client-cert') ?? [];
  const [chain] = headerOf(request, 'client-cert-chain') ?? [];
  return [leaf === undefined ? undefined : byteSequence(leaf), chain?.split(',').map(byteSequence) ?? []];
}

/**
 * One value or none. Repeated lines would be fine for a list, but one of them may be the client's own, which the terminator has let through.
 * `(null)` is what Apache writes for none.
 */
function headerOf({ headersDistinct }: IncomingMessage, name: string): [string] | undefined {
  const [value = '', ...more] = headersDistinct[name] ?? [];
  if (more.length > 0) throw new UnreadableCertificate(`${name} stands there more than once`);
  return value === '' || value === '(null)' ? undefined : [value];
}

function escapedPem(value: string): X509Certificate {
  const [, base64] =
    /^\s*-----BEGIN CERTIFICATE-----([A-Za-z\d+/=\s]+)-----END CERTIFICATE-----\s*$/.exec(unescaped(value)) ?? [];
  if (base64 === undefined) throw new UnreadableCertificate('no PEM');
  return fromDer(Buffer.from(base64, 'base64'));
}

function byteSequence(item: string): X509Certificate {
  const [, base64] = /^[ \t]*:([a-z\d+/]+={0,2}):[ \t]*$/i.exec(item) ?? [];
  if (base64 === undefined) throw new UnreadableCertificate('no byte sequence');
  return fromDer(Buffer.from(base64, 'base64'));
}

/** `X509Certificate` takes PEM as well, and what has more behind it. */
function fromDer(der: Buffer): X509Certificate {
  try {
    const certificate = new X509Certificate(der);
    if (certificate.raw.equals(der)) return certificate;
  } catch {
    // said below
  }
  throw new UnreadableCertificate('no certificate in DER');
}

function unescaped(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new UnreadableCertificate('not percent-encoded');
  }
}
