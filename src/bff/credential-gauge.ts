import { Gauge, type Registry } from 'prom-client';

export interface KnownCredential {
  name: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/** When each client key or certificate ends. */
export class CredentialGauge {
  private readonly gauge: Gauge<'frontend' | 'credential'>;
  /** The names of each frontend's credentials that it shows. */
  private readonly shown = new Map<string, string[]>();

  constructor(registry: Registry) {
    this.gauge = new Gauge({
      name: 'parlour_credential_expiry_timestamp_seconds',
      help: 'When a client key or certificate ends, in seconds since the epoch',
      labelNames: ['frontend', 'credential'],
      registers: [registry],
      // of several workers': it's no sum
      aggregator: 'max',
    });
  }

  /** All that a frontend has: what it had before goes. */
  show(frontend: string, credentials: readonly KnownCredential[]): void {
    for (const credential of this.shown.get(frontend) ?? []) this.gauge.remove({ frontend, credential });
    for (const { name, expiresAt } of credentials) this.gauge.set({ frontend, credential: name }, expiresAt / 1000);
    this.shown.set(
      frontend,
      credentials.map(({ name }) => name),
    );
  }
}
