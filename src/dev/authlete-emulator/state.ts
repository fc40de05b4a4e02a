import { type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose';
import { Expiring } from './expiring.js';
import { CLIENT_DEFAULTS, type EmulatorOptions, SERVICE_DEFAULTS, unguessable } from './options.js';
import { Properties } from './properties.js';
import type { Grant, Pushed, Ticket, TokenRecord } from './records.js';

export interface SigningKey {
  privateKey: CryptoKey;
  publicJwk: JWK;
}

const KID = 'emulator-ES256';

/** One service with its clients, and what it has issued. */
export class State {
  private readonly clients = new Map<string, Record<string, unknown>>();
  private settings: Record<string, unknown>;
  private advanced = 0;
  readonly pushed = new Expiring<Pushed>(() => this.now());
  readonly tickets = new Expiring<Ticket>(() => this.now());
  /** One for the life of the emulator; the vendor's changes (`dpopNonceDuration`). */
  readonly dpopNonce = unguessable();
  readonly codes = new Expiring<{ grant: Grant; used: boolean }>(() => this.now());
  /** `jti` of client assertions and DPoP proofs. */
  readonly seen = new Expiring<true>(() => this.now());
  tokens: TokenRecord[] = [];

  private constructor(
    options: EmulatorOptions,
    readonly key: SigningKey,
  ) {
    this.clock = options.clock ?? Date.now;
    this.settings = { ...SERVICE_DEFAULTS, ...options.service };
    for (const client of options.clients ?? []) this.setClient(client);
  }

  private readonly clock: () => number;

  static async start(options: EmulatorOptions): Promise<State> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const publicJwk = { ...(await exportJWK(publicKey)), kid: KID, alg: 'ES256', use: 'sig' };
    return new State(options, { privateKey, publicJwk });
  }

  get service(): Properties {
    return new Properties(this.settings);
  }

  client(id: string | undefined): Properties | undefined {
    const client = id === undefined ? undefined : this.clients.get(id);
    return client && new Properties(client);
  }

  setService(changes: Record<string, unknown>): void {
    this.settings = { ...this.settings, ...changes };
  }

  /** Changes a client, or adds one. */
  setClient(changes: Record<string, unknown>): void {
    const id = new Properties(changes).text('clientId');
    if (id === undefined) throw new Error('A client of the emulator needs a clientId.');
    this.clients.set(id, { ...(this.clients.get(id) ?? CLIENT_DEFAULTS), ...changes });
  }

  /** Seconds since the epoch. */
  now(): number {
    return Math.floor(this.clock() / 1000) + this.advanced;
  }

  advance(seconds: number): void {
    this.advanced += seconds;
  }

  duration(name: string): number {
    const seconds = this.service.number(name);
    if (seconds === undefined) throw new Error(`The service has no ${name}.`);
    return seconds;
  }
}
