import type { X509Certificate } from 'node:crypto';
import type { Properties } from '../properties.js';

type Matches = (certificate: X509Certificate, expected: string) => boolean;

/** RFC 8705 §2.1.2: a client registers exactly one of them. */
const SUBJECTS: Readonly<Record<string, Matches>> = {
  tlsClientAuthSubjectDn: (certificate, expected) => distinguishedName(certificate) === normalised(expected),
  tlsClientAuthSanDns: (certificate, expected) => names(certificate).includes(`DNS:${expected}`),
  tlsClientAuthSanUri: (certificate, expected) => names(certificate).includes(`URI:${expected}`),
  tlsClientAuthSanEmail: (certificate, expected) => names(certificate).includes(`email:${expected}`),
  tlsClientAuthSanIp: (certificate, expected) => certificate.checkIP(expected) !== undefined,
};

export function hasSubject(certificate: X509Certificate, client: Properties): boolean {
  const registered = Object.entries(SUBJECTS).flatMap(([name, matches]) => {
    const expected = client.text(name);
    return expected === undefined ? [] : [matches(certificate, expected)];
  });
  return registered.length === 1 && registered[0] === true;
}

/** Node gives one name a line, the first one first; RFC 4514 §2.1 writes the last one first. */
function distinguishedName({ subject }: X509Certificate): string {
  return subject.split('\n').toReversed().map(withUpperCaseType).join(',');
}

function normalised(name: string): string {
  return name
    .split(/(?<!\\),\s*/)
    .map(withUpperCaseType)
    .join(',');
}

function withUpperCaseType(relativeName: string): string {
  return relativeName.replace(/^[^=]+/, type => type.trim().toUpperCase());
}

/** Exactly as Node writes them; one that holds a comma or a quote would be quoted, and so matches nothing. */
function names({ subjectAltName }: X509Certificate): string[] {
  return subjectAltName?.split(', ') ?? [];
}
