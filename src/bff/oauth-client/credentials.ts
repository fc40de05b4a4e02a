import { readFileSync } from 'node:fs';
import type { JWK } from 'jose';
import type { ClientAuth } from 'openid-client';
import type { Dispatcher } from 'undici';
import type { FrontendOptions } from '../bff.options.js';
import { type ClientCertificate, clientCertificate } from '../key-material/client-certificate.js';
import { type ClientKey, readPrivateJwks } from '../key-material/private-jwks.js';
import { clientAuthentication } from './client-authentication.js';

/** How dispatchers come about. */
export interface Connections {
  /** Without a client certificate: shared, and not ours to close. */
  plain: Dispatcher;
  withCertificate: (certificate: ClientCertificate) => Dispatcher;
}

/** One frontend's client credentials: its secret, private keys and certificate, as they are at the moment. */
export class ClientCredentials {
  private readonly keys: ClientKey[];
  private readonly pair: ClientCertificate | undefined;
  /** For calls to the authorization server (and to APIs, where tokens are bound to the certificate): shows the client certificate, where there is one. */
  readonly dispatcher: Dispatcher;

  constructor(
    private readonly options: FrontendOptions,
    { plain, withCertificate }: Connections,
  ) {
    const { clientJwksFile, clientCertFile, clientKeyFile } = options;
    this.keys = clientJwksFile === undefined ? [] : readPrivateJwks(readFileSync(clientJwksFile, 'utf8'));
    this.pair =
      clientCertFile === undefined || clientKeyFile === undefined
        ? undefined
        : clientCertificate(readFileSync(clientCertFile, 'utf8'), readFileSync(clientKeyFile, 'utf8'));
    this.dispatcher = this.pair ? withCertificate(this.pair) : plain;
  }

  /** Looks at the current key at each call: a Configuration of openid-client's keeps it for an hour. */
  readonly authentication: ClientAuth = (...call) => clientAuthentication(this.options, this.signingKey())(...call);

  /** Signs client assertions and request objects. */
  signingKey(): ClientKey | undefined {
    return this.keys.find(({ use }) => use === 'sig');
  }

  /** For what the server encrypted to us: ID tokens, JARM. */
  decryptionKeys(): ClientKey[] {
    return this.keys.filter(({ use }) => use === 'enc');
  }

  /** What `/jwks` shows: public members alone. */
  publicJwks(): { keys: JWK[] } {
    return { keys: this.keys.map(({ publicJwk }) => publicJwk) };
  }

  certificate(): ClientCertificate | undefined {
    return this.pair;
  }

  async close(): Promise<void> {
    if (this.pair) await this.dispatcher.close();
  }
}
