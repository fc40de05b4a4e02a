import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  type Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './parlour.js';

/** PEM, all of it. */
export interface Credential {
  cert: string;
  key: string;
  /** The certificate and the intermediate ones above it, without the root: what a TLS peer presents. */
  chain: string;
}

export interface Certificate extends Credential {
  certFile: string;
  keyFile: string;
}

export interface Wanted {
  /** In the order of the certificate's own encoding: `C=DE, O=Example, CN=client`. */
  subject: string;
  /** `{ type: 'dns' | 'url' | 'ip' | 'email', value }`: the subject's alternative names. */
  altNames?: JsonGeneralName[];
  notBefore?: Date;
  notAfter?: Date;
}

/** Who vouches for others: `cert` is what they are checked against. */
export interface Authority extends Credential {
  issue(wanted: Wanted): Promise<Credential>;
  /** An authority below this one. */
  intermediate(subject: string): Promise<Authority>;
}

const HOUR = 60 * 60 * 1000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const SIGNS = KeyUsageFlags.digitalSignature;
const ISSUES = KeyUsageFlags.keyCertSign;

/** A certificate authority that nobody has heard of. */
export async function rootAuthority(subject = 'CN=Root of the tests'): Promise<Authority> {
  const keys = await keyPair();
  const cert = await certificate({ subject }, keys, { authority: true });
  return authority(subject, keys, { cert, key: await pem(keys), chain: '' });
}

/** A client's certificate that nobody vouches for (RFC 8705 §2.2). */
export async function selfSignedClient(wanted: Wanted): Promise<Credential> {
  const keys = await keyPair();
  const cert = await certificate(wanted, keys, {});
  return { cert, key: await pem(keys), chain: cert };
}

/** Over since yesterday. */
export const expired = () => ({
  notBefore: new Date(Date.now() - 48 * HOUR),
  notAfter: new Date(Date.now() - 24 * HOUR),
});

/** A server's certificate for these names and addresses, which vouches for itself, as a private CA's would. */
export async function selfSigned(...names: string[]): Promise<Certificate> {
  const altNames = names.map(value => ({ type: /^[\d.]+$/.test(value) ? ('ip' as const) : ('dns' as const), value }));
  const keys = await keyPair();
  // of two with one name in a file, OpenSSL takes the first for the other's issuer
  const subject = `CN=Parlour tests ${randomUUID()}`;
  const cert = await certificate({ subject, altNames }, keys, { authority: true });
  return inFiles({ cert, key: await pem(keys), chain: cert });
}

/** nginx and variables that name files want files. */
export function inFiles(credential: Credential): Certificate {
  const directory = temporaryDirectory();
  const [certFile, keyFile] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  writeFileSync(certFile, credential.chain);
  writeFileSync(keyFile, credential.key, { mode: 0o600 });
  return { ...credential, certFile, keyFile };
}

function authority(name: string, keys: CryptoKeyPair, own: Credential): Authority {
  const issuer = { issuer: name, signingKey: keys.privateKey };
  const below = async (wanted: Wanted, purpose: { authority?: boolean }) => {
    const subordinate = await keyPair();
    const cert = await certificate(wanted, subordinate, { ...issuer, ...purpose });
    return { keys: subordinate, credential: { cert, key: await pem(subordinate), chain: cert + own.chain } };
  };
  return {
    ...own,
    issue: async wanted => (await below(wanted, {})).credential,
    intermediate: async subject => {
      const { keys: itsOwn, credential } = await below({ subject }, { authority: true });
      return authority(subject, itsOwn, credential);
    },
  };
}

interface Signing {
  authority?: boolean;
  /** Left out: signs itself. */
  issuer?: string;
  signingKey?: CryptoKey;
}

async function certificate({ subject, altNames = [], ...period }: Wanted, keys: CryptoKeyPair, signing: Signing) {
  const { authority: isAuthority = false, issuer = subject, signingKey = keys.privateKey } = signing;
  const extensions: Extension[] = [
    new BasicConstraintsExtension(isAuthority, undefined, true),
    new KeyUsagesExtension(isAuthority ? SIGNS | ISSUES : SIGNS, true),
  ];
  if (altNames.length > 0) extensions.push(new SubjectAlternativeNameExtension(altNames));
  const made = await X509CertificateGenerator.create(
    {
      subject,
      issuer,
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: ALGORITHM,
      notBefore: period.notBefore ?? new Date(Date.now() - HOUR),
      notAfter: period.notAfter ?? new Date(Date.now() + 24 * HOUR),
      extensions,
    },
    crypto,
  );
  return `${made.toString('pem')}\n`;
}

async function keyPair(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function pem({ privateKey }: CryptoKeyPair): Promise<string> {
  return PemConverter.encode(await crypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY');
}
