import { readFileSync } from 'node:fs';
import { clientCertificate } from '../key-material/client-certificate.js';
import { readSigningJwks } from '../key-material/private-jwks.js';
import type { FrontendOptions } from './frontend.options.js';
import { problemOf } from './key-files.js';
import type { ClientAuthMethod } from './protocol-values.js';
import type { Relation } from './relation.js';

const WITH_SECRET: readonly ClientAuthMethod[] = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'];
const WITH_CERTIFICATE: readonly ClientAuthMethod[] = ['self_signed_tls_client_auth', 'tls_client_auth'];

/** RFC 7518 §3.2: a key for HS256 is as long as its hash. */
const HS256_LENGTH = 32;

/** What each client authentication method needs, and what has no use with it: a credential that nobody uses is one that nobody misses. */
export function credentialRelations(frontend: FrontendOptions, path: string): Relation[] {
  const relation = (option: keyof FrontendOptions, check: Relation['check'], ...others: (keyof FrontendOptions)[]) => ({
    at: `${path}.${option}`,
    reads: ['clientAuthMethod', ...others].map(other => `${path}.${other}`),
    check,
  });
  const certificate = () => certificateOf(frontend);
  return [
    relation('clientSecret', () => secretOf(frontend)),
    relation('clientJwksFile', () => signingKeyOf(frontend)),
    relation('clientCertFile', () => certificate().cert, 'clientKeyFile'),
    relation('clientKeyFile', () => certificate().key, 'clientCertFile'),
    relation('issuer', () => withoutTls(frontend, frontend.issuer)),
    relation('backchannelUrl', () => withoutTls(frontend, frontend.backchannelUrl)),
  ];
}

function secretOf({ clientAuthMethod, clientSecret }: FrontendOptions): string | undefined {
  if (!WITH_SECRET.includes(clientAuthMethod)) {
    return clientSecret === undefined ? undefined : `has no use with ${clientAuthMethod}: take it out`;
  }
  if (clientSecret === undefined) return 'is missing';
  return clientAuthMethod === 'client_secret_jwt' && clientSecret.length < HS256_LENGTH
    ? `is weak: client_secret_jwt signs with it, which takes ${HS256_LENGTH} characters or more (RFC 7518 §3.2)`
    : undefined;
}

/** Other methods may have keys, too: for request objects, and for what the server encrypts. */
function signingKeyOf({ clientAuthMethod, clientJwksFile }: FrontendOptions): string | undefined {
  if (clientAuthMethod !== 'private_key_jwt') return undefined;
  if (clientJwksFile === undefined) return 'is missing: private_key_jwt signs with a key of it';
  return problemOf(() => readSigningJwks(readFileSync(clientJwksFile, 'utf8')));
}

function certificateOf(frontend: FrontendOptions): { cert?: string | undefined; key?: string | undefined } {
  const { clientAuthMethod, clientCertFile, clientKeyFile } = frontend;
  const authenticates = WITH_CERTIFICATE.includes(clientAuthMethod);
  const needed = authenticates || clientCertFile !== undefined || clientKeyFile !== undefined;
  if (clientCertFile === undefined || clientKeyFile === undefined) {
    const missing = (file: string | undefined) => (needed && file === undefined ? 'is missing' : undefined);
    return { cert: missing(clientCertFile), key: missing(clientKeyFile) };
  }
  if (!authenticates && !isBound(frontend)) return { cert: `has no use with ${clientAuthMethod}: take it out` };
  const read = (file: string) => readFileSync(file, 'utf8');
  return { key: problemOf(() => clientCertificate(read(clientCertFile), read(clientKeyFile))) };
}

/** Tokens may be bound to a certificate whatever the client authenticates with (RFC 8705 §3). */
function isBound({ certificateBoundAccessTokens, apiRoutes }: FrontendOptions): boolean {
  const presents = Array.isArray(apiRoutes) && apiRoutes.some(route => route?.clientCertificate);
  return certificateBoundAccessTokens || presents;
}

/** The certificate is shown in the TLS handshake (RFC 8705 §2): where there's none, nobody would see it. */
function withoutTls({ clientAuthMethod }: FrontendOptions, url: string | undefined): string | undefined {
  return WITH_CERTIFICATE.includes(clientAuthMethod) && url?.startsWith('http:')
    ? `must be https: ${clientAuthMethod} shows its certificate in the TLS handshake`
    : undefined;
}
