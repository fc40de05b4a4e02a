import type { X509Certificate } from 'node:crypto';
import { refused } from './attempt.js';

/** From the leaf up, each issued by the next, the last one by a root that the service trusts; all of them valid now. */
export function checkChain(chain: readonly X509Certificate[], roots: readonly X509Certificate[], now: Date): void {
  for (const [index, certificate] of chain.entries()) {
    const issuer = chain[index + 1];
    if (issuer && !issuedBy(certificate, issuer)) {
      throw refused('EMU-CERTIFICATE-PATH', 'The certificate path does not hang together.');
    }
  }
  const top = chain.at(-1);
  const root = roots.find(each => top && (each.fingerprint256 === top.fingerprint256 || issuedBy(top, each)));
  if (!root) throw refused('EMU-CERTIFICATE-ROOT', 'The certificate path does not end at a trusted root.');
  if (![...chain, root].every(({ validFromDate, validToDate }) => validFromDate <= now && now <= validToDate)) {
    throw refused('EMU-CERTIFICATE-EXPIRED', 'A certificate has expired, or is not valid yet.');
  }
}

/** RFC 5280 §6.1.3: by name and signature; §4.2.1.9: only a CA may issue. */
function issuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
