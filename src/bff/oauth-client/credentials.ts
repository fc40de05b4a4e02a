import type { JWK } from 'jose';
import type { ClientAuth } from 'openid-client';
import type { Dispatcher } from 'undici';
import type { FrontendOptions } from '../bff.options.js';
import type { ClientCertificate } from '../key-material/client-certificate.js';
import type { ClientKey } from '../key-material/private-jwks.js';
import { LOOK_INTERVAL } from '../key-material/watched-files.js';
import type { RenewableDispatcher } from '../renewable-dispatcher.js';
import { clientAuthentication } from './client-authentication.js';
import { ClientCertificates } from './client-certificates.js';
import { ClientKeys } from './client-keys.js';
import { CredentialExpiry, type ExpiringCredential, type ExpiryObserver } from './credential-expiry.js';

/** `client_jwks` and `client_certificate` are files; a key of the first is `client_jwks:<kid>`. */
export interface CredentialObserver extends ExpiryObserver {
  /** A changed file was read; `known`: what ends, and when. */
  changed(file: string): void;
  refused(file: string, reason: string): void;
  known(credentials: ExpiringCredential[]): void;
}

export interface Connections {
  /** For who shows no certificate; not ours to close. */
  shared: Dispatcher;
  /** Makes the dispatcher that shows the certificate which the function gives; `renew()` follows when it gives another. */
  own: (shown: () => ClientCertificate | undefined) => RenewableDispatcher;
}

/** One frontend's client credentials: its secret, private keys and certificate, as they are at the moment (C7). */
export class ClientCredentials {
  /** For calls to the authorization server, and to APIs that ask for the certificate which tokens are bound to. */
  readonly dispatcher: Dispatcher;
  private readonly own: RenewableDispatcher | undefined;
  private readonly keys: ClientKeys;
  private readonly certificates: ClientCertificates;
  private readonly expiry: CredentialExpiry;
  private readonly timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: FrontendOptions,
    connections: Connections,
    private readonly observer: CredentialObserver,
  ) {
    const watching = (file: string) => ({
      changed: () => observer.changed(file),
      refused: (reason: string) => observer.refused(file, reason),
    });
    this.keys = new ClientKeys(options, watching('client_jwks'));
    this.certificates = new ClientCertificates(options, watching('client_certificate'), () => this.own?.renew());
    const { clientJwksFile, clientCertFile } = options;
    this.own = clientCertFile === undefined ? undefined : connections.own(() => this.certificates.current);
    this.dispatcher = this.own ?? connections.shared;
    this.expiry = new CredentialExpiry(options.credentialWarning, observer);
    this.review();
    if (clientJwksFile === undefined && clientCertFile === undefined) return;
    this.timer = setInterval(() => void this.look(), LOOK_INTERVAL).unref();
  }

  /** Looks at the current key at each call: a Configuration of openid-client's keeps it for an hour. */
  readonly authentication: ClientAuth = (...call) => clientAuthentication(this.options, this.signingKey())(...call);

  /** Signs client assertions and request objects. */
  signingKey(): ClientKey | undefined {
    return this.keys.signing();
  }

  /** For what the server encrypted to us. */
  decryptionKeys(): ClientKey[] {
    return this.keys.all.filter(({ use }) => use === 'enc');
  }

  /** What `/jwks` shows: public members alone. */
  publicJwks(): { keys: JWK[] } {
    return { keys: [...this.keys.publicJwks(), ...this.certificates.publicJwks()] };
  }

  /** What servers are shown now: tokens are bound to it. */
  certificate(): ClientCertificate | undefined {
    return this.certificates.current;
  }

  /** From when on they are shown that one. Milliseconds since the epoch. */
  certificateSince(): number {
    return this.certificates.shownSince;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.own?.close();
  }

  private async look(): Promise<void> {
    await Promise.all([this.keys.look(), this.certificates.look()]);
    this.review();
  }

  private review(): void {
    const credentials = this.expiring();
    this.observer.known(credentials);
    this.expiry.review(credentials);
  }

  private expiring(): ExpiringCredential[] {
    const keys = this.keys.all.flatMap(({ kid, expiresAt }) =>
      expiresAt === undefined ? [] : [{ name: `client_jwks:${kid}`, expiresAt }],
    );
    // the newest: that the one which it replaces ends is no news
    const [certificate] = this.certificates.all;
    return certificate ? [...keys, { name: 'client_certificate', expiresAt: certificate.expiresAt }] : keys;
  }
}
