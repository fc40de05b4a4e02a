import {
  allowInsecureRequests,
  type ClientAuth,
  clockTolerance,
  type Configuration,
  customFetch,
  type CustomFetch,
  discovery,
  enableNonRepudiationChecks,
  type ServerMetadata,
} from 'openid-client';
import type { FrontendOptions } from '../bff.options.js';
import { type AuthorizationServerFailure, failureOf } from './failure.js';

/** Seconds that the authorization server's clock and ours may differ. */
export const CLOCK_SKEW = 60;
/** Milliseconds after which the metadata is read anew, while the old one still serves. */
const FRESH = 60 * 60 * 1000;
/** Milliseconds for which a failed discovery isn't repeated. */
const FAILURE_PAUSE = 1000;

export interface MetadataObserver {
  completed(): void;
  failed(failure: AuthorizationServerFailure): void;
}

/** The authorization server's metadata (OpenID Connect Discovery 1.0): read when first needed, kept, one call in flight, forgotten when it failed. */
export class Metadata {
  private known: { configuration: Configuration; since: number } | undefined;
  private inFlight: Promise<Configuration> | undefined;
  private lastFailure: { failure: AuthorizationServerFailure; at: number } | undefined;

  constructor(
    private readonly options: FrontendOptions,
    private readonly authentication: ClientAuth,
    private readonly http: { fetch: CustomFetch; timeout: number },
    private readonly check: (server: ServerMetadata) => void,
    private readonly observer: MetadataObserver,
  ) {}

  async configuration(): Promise<Configuration> {
    if (!this.known) return this.read();
    // a refresh that fails keeps what is known, and was reported
    if (performance.now() - this.known.since > FRESH) this.read().catch(() => {});
    return this.known.configuration;
  }

  private read(): Promise<Configuration> {
    if (this.lastFailure && performance.now() - this.lastFailure.at < FAILURE_PAUSE) {
      return Promise.reject(this.lastFailure.failure);
    }
    this.inFlight ??= this.discover().finally(() => {
      this.inFlight = undefined;
    });
    return this.inFlight;
  }

  private async discover(): Promise<Configuration> {
    try {
      const configuration = await this.request();
      this.known = { configuration, since: performance.now() };
      this.lastFailure = undefined;
      this.observer.completed();
      return configuration;
    } catch (error) {
      const failure = failureOf(error);
      this.lastFailure = { failure, at: performance.now() };
      this.observer.failed(failure);
      throw failure;
    }
  }

  private async request(): Promise<Configuration> {
    const { issuer, clientId, idTokenSignedResponseAlg, authorizationSignedResponseAlg, clientCertFile } = this.options;
    const client = {
      id_token_signed_response_alg: idTokenSignedResponseAlg,
      authorization_signed_response_alg: authorizationSignedResponseAlg,
      // RFC 8705 §5: in preference to the endpoints at which nobody asks for a certificate
      use_mtls_endpoint_aliases: clientCertFile !== undefined,
      [clockTolerance]: CLOCK_SKEW,
    };
    const configuration = await discovery(new URL(issuer), clientId, client, this.authentication, {
      [customFetch]: this.http.fetch,
      timeout: this.http.timeout,
      // which plain http is allowed, our fetch decides, call by call
      execute: [allowInsecureRequests, enableNonRepudiationChecks],
    });
    this.check(configuration.serverMetadata());
    return configuration;
  }
}
