import { readFileSync } from 'node:fs';
import { type ClientKey, readPrivateJwks } from '../key-material/private-jwks.js';
import type { FrontendOptions } from './frontend.options.js';
import type { Relation } from './relation.js';

/** What the options of requests and responses need of others. */
export function messageRelations(frontend: FrontendOptions, path: string): Relation[] {
  const relation = (option: keyof FrontendOptions, other: keyof FrontendOptions, check: Relation['check']) => ({
    at: `${path}.${option}`,
    reads: [`${path}.${other}`],
    check,
  });
  return [
    relation('requestObject', 'clientJwksFile', () => withoutSigningKey(frontend)),
    relation('idTokenEncryptedResponseAlg', 'clientJwksFile', () => withoutDecryptionKey(frontend)),
    relation('idTokenEncryptedResponseEnc', 'idTokenEncryptedResponseAlg', () => withoutAlg(frontend)),
    relation('responseMode', 'insecureCookies', () => withoutSecureCookies(frontend)),
  ];
}

function withoutSigningKey({ requestObject, clientJwksFile }: FrontendOptions): string | undefined {
  if (!requestObject || keysOf(clientJwksFile).some(({ use }) => use === 'sig')) return undefined;
  return 'needs a key that signs (use: sig) in clientJwksFile';
}

function withoutDecryptionKey(frontend: FrontendOptions): string | undefined {
  const { idTokenEncryptedResponseAlg: registered, clientJwksFile } = frontend;
  if (registered === undefined || keysOf(clientJwksFile).some(({ alg }) => alg === registered)) return undefined;
  return `needs a key with the alg ${registered} in clientJwksFile`;
}

/** OpenID Connect Dynamic Client Registration §2. */
function withoutAlg(frontend: FrontendOptions): string | undefined {
  const { idTokenEncryptedResponseAlg, idTokenEncryptedResponseEnc } = frontend;
  const useless = idTokenEncryptedResponseEnc !== undefined && idTokenEncryptedResponseAlg === undefined;
  return useless ? 'has no use without idTokenEncryptedResponseAlg' : undefined;
}

/** A form from another site brings a cookie with `SameSite=None` alone, and browsers take that only together with `Secure` (RFC 6265bis §5.7). */
function withoutSecureCookies({ responseMode, insecureCookies }: FrontendOptions): string | undefined {
  return insecureCookies && responseMode.startsWith('form_post')
    ? `may not be ${responseMode} with insecureCookies: the login's cookie would have to be Secure`
    : undefined;
}

function keysOf(file: string | undefined): ClientKey[] {
  return file === undefined ? [] : readPrivateJwks(readFileSync(file, 'utf8'));
}
