import type { JWK } from 'jose';
import type { FrontendOptions } from '../bff.options.js';
import { type ClientCertificate, clientCertificate } from '../key-material/client-certificate.js';
import { type FileObserver, WatchedFiles } from '../key-material/watched-files.js';
import { PUBLICATION_LEAD, Succession } from './succession.js';

/** The certificate of `CLIENT_CERT_FILE` with its key, as they are at the moment. */
export class ClientCertificates {
  private readonly files: WatchedFiles<ClientCertificate> | undefined;
  private readonly succession: Succession;
  /** The server knows the certificate itself, from `/jwks`, and not by whom it was issued: a new one has to get there first. */
  private readonly selfSigned: boolean;
  /** What is shown to servers. */
  private shown: ClientCertificate | undefined;
  /** Those that aren't shown any more, and since when: other instances and requests under way still may. */
  private readonly retired = new Map<ClientCertificate, number>();
  /** Milliseconds since the epoch: from when on servers see the current one. */
  shownSince = Date.now();

  /** `renewed`: another one is shown from now on. */
  constructor(
    { clientCertFile, clientKeyFile, clientAuthMethod }: FrontendOptions,
    observer: FileObserver<unknown>,
    private readonly renewed: () => void,
  ) {
    const given = clientCertFile !== undefined && clientKeyFile !== undefined;
    const changed = (certificate: ClientCertificate): void => {
      this.succession.publish(this.all);
      observer.changed(certificate);
    };
    this.files = given
      ? new WatchedFiles([clientCertFile, clientKeyFile], clientCertificate, { ...observer, changed })
      : undefined;
    this.selfSigned = clientAuthMethod === 'self_signed_tls_client_auth';
    this.shown = this.files?.value;
    this.succession = new Succession(this.all);
  }

  get current(): ClientCertificate | undefined {
    return this.shown;
  }

  /** The newest first, then the one that it's going to replace. */
  get all(): ClientCertificate[] {
    return [...new Set([this.files?.value, this.shown])].filter(one => one !== undefined);
  }

  /** RFC 8705 §2.2.2: the server compares what it's shown with these. */
  publicJwks(): JWK[] {
    return this.selfSigned ? [...this.all, ...this.retired.keys()].map(({ publicJwk }) => publicJwk) : [];
  }

  async look(): Promise<void> {
    await this.files?.look();
    for (const [certificate, since] of this.retired) {
      if (Date.now() - since >= PUBLICATION_LEAD) this.retired.delete(certificate);
    }
    const due = this.due();
    if (due === this.shown) return;
    if (this.shown) this.retired.set(this.shown, Date.now());
    this.shown = due;
    this.shownSince = Date.now();
    this.renewed();
  }

  private due(): ClientCertificate | undefined {
    const [newest] = this.all;
    const mustWait = this.selfSigned && (this.shown?.expiresAt ?? 0) > Date.now();
    return mustWait ? this.succession.inUse(this.all) : newest;
  }
}
