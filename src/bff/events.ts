import { Logger } from '@nestjs/common';
import type { KnownCredential } from './credential-gauge.js';
import type { LoginError, ProblemCode } from './errors.js';
import { Metrics } from './metrics.js';
import { redact } from './redact.js';

export { referenceOf } from './reference.js';

/** Why a session ended. */
export type EndReason =
  'logout' | 'replaced' | 'different_user' | 'refresh_token_rejected' | 'revoked' | 'backchannel_logout';
export type PushOutcome =
  | 'created'
  | 'unavailable'
  | 'invalid_client'
  | 'refused'
  | 'misconfigured'
  | 'rate_limited'
  | 'downgraded'
  | 'repeated';
export type RefreshOutcome = 'completed' | 'unavailable' | 'invalid_grant' | 'invalid_client' | 'refused' | 'orphaned';
interface Said {
  error?: string | undefined;
  errorDescription?: string | undefined;
}
interface AtRequest {
  reference?: string;
  frontend?: string;
}
interface AtSession extends AtRequest {
  frontend: string;
  session: string;
}
interface Refusal extends AtRequest {
  code: ProblemCode;
  method: string;
  path: string;
}

/** Every event that Parlour logs, with its payload; docs/contract.md holds the list, and a test compares them. */
export type BffEvent =
  | ({
      event: 'login_started';
      par: 'pushed' | 'downgraded' | 'off';
      expiresIn?: number;
      attempts?: number;
    } & AtRequest)
  | ({ event: 'push_failed'; outcome: PushOutcome; status?: number | undefined } & Said & AtRequest)
  | ({ event: 'client_rejected'; endpoint: string; status?: number | undefined } & Said & AtRequest)
  | ({ event: 'login_completed' } & AtSession)
  | ({ event: 'scope_reduced'; missing: string[] } & AtRequest)
  | ({ event: 'login_failed'; loginError: LoginError; reason: string } & Said & AtRequest)
  | ({ event: 'callback_refused'; reason: string } & AtRequest)
  | ({ event: 'session_ended'; reason: EndReason } & AtSession)
  | ({ event: 'backchannel_logout_completed'; sessions: number } & AtRequest)
  | ({ event: 'backchannel_logout_refused'; reason: string } & AtRequest)
  | ({ event: 'backchannel_logout_failed'; reason: string } & AtRequest)
  | ({ event: 'refresh_completed' } & AtSession)
  | ({ event: 'refresh_failed'; outcome: RefreshOutcome } & Said & AtSession)
  | ({ event: 'refresh_orphaned' } & AtSession)
  | ({
      event: 'token_request_failed';
      grantType: 'client_credentials' | 'token_exchange';
      outcome: Exclude<RefreshOutcome, 'completed' | 'orphaned'> | 'misconfigured';
      session?: string;
    } & Said &
      AtRequest)
  | ({ event: 'revocation_failed'; tokenType: string; reason: string } & AtSession)
  | ({ event: 'api_failed'; route: string; code: ProblemCode; reason: string } & AtRequest)
  | ({ event: 'api_response_stripped'; route: string; header: string } & AtRequest)
  | ({ event: 'step_up_refused'; route: string } & AtRequest)
  | ({ event: 'web_socket_closed'; route: string } & AtSession)
  | ({ event: 'discovery_completed'; issuer: string } & AtRequest)
  | ({ event: 'discovery_failed'; issuer: string; reason: string } & AtRequest)
  | ({ event: 'unknown_key'; purpose: string } & AtRequest)
  | ({ event: 'unknown_format'; format: string } & AtRequest)
  | ({ event: 'credential_changed'; credential: string } & AtRequest)
  | ({ event: 'credential_refused'; credential: string; reason: string } & AtRequest)
  | ({ event: 'credential_expiring'; credential: string; expiresAt: string } & AtRequest)
  | ({ event: 'credential_expired'; credential: string; expiresAt: string } & AtRequest)
  | ({ event: 'request_refused' } & Refusal)
  | ({ event: 'request_failed'; reason: string } & Refusal)
  | { event: 'storage_lost'; reason: string }
  | { event: 'storage_recovered'; server: string }
  | { event: 'storage_unconfirmed'; writes: number }
  | { event: 'configuration_danger'; setting: string; reason: string };

type Level = 'debug' | 'log' | 'warn' | 'error';

/** A client's mistakes are `info`: nobody should be woken by them. Nest calls that level `log`. */
export const EVENT_LEVELS: Record<BffEvent['event'], Level> = {
  login_started: 'log',
  push_failed: 'warn',
  client_rejected: 'error',
  login_completed: 'log',
  scope_reduced: 'warn',
  login_failed: 'warn',
  callback_refused: 'warn',
  session_ended: 'log',
  backchannel_logout_completed: 'log',
  backchannel_logout_refused: 'warn',
  backchannel_logout_failed: 'error',
  refresh_completed: 'log',
  refresh_failed: 'warn',
  refresh_orphaned: 'warn',
  token_request_failed: 'warn',
  revocation_failed: 'warn',
  api_failed: 'warn',
  api_response_stripped: 'debug',
  step_up_refused: 'warn',
  web_socket_closed: 'log',
  discovery_completed: 'log',
  discovery_failed: 'error',
  unknown_key: 'warn',
  unknown_format: 'warn',
  credential_changed: 'log',
  credential_refused: 'error',
  credential_expiring: 'warn',
  credential_expired: 'error',
  request_refused: 'log',
  request_failed: 'error',
  storage_lost: 'error',
  storage_recovered: 'log',
  storage_unconfirmed: 'warn',
  configuration_danger: 'warn',
};

/** Members whose text somebody else wrote. */
const FOREIGN = new Set(['reason', 'error', 'errorDescription', 'path']);
/** Milliseconds, for each purpose and format of each frontend, and for unconfirmed writes. */
const UNKNOWN_PAUSE = 60_000;

/** The one place that logs and counts. */
export class Events {
  private readonly metrics = new Metrics();
  readonly registry = this.metrics.registry;
  private readonly logger = new Logger('Parlour');
  /** When each was last said, by the monotonic clock. */
  private readonly unknown = new Map<string, number>();

  /** Logs the event, with everything that looks like a secret taken out of the texts that others wrote. */
  record(event: BffEvent): void {
    const entries = Object.entries(event).filter(([, value]) => value !== undefined);
    const written = entries.map(([name, value]) => [name, FOREIGN.has(name) ? redact(String(value)) : value]);
    this.logger[EVENT_LEVELS[event.event]](Object.fromEntries(written));
    if (event.event === 'session_ended') this.metrics.ended.inc({ frontend: event.frontend, reason: event.reason });
  }

  /** Whoever likes can send what was sealed under keys that nobody has: one line a minute says as much as a thousand. */
  unknownKey(found: { frontend: string; purpose: string; reference?: string }): void {
    if (this.isNews(`${found.frontend} ${found.purpose}`)) this.record({ event: 'unknown_key', ...found });
  }

  /** A record of another release's, which this one can't read: its session reads as none. */
  unknownFormat(found: { frontend: string; format: string }): void {
    if (this.isNews(`${found.frontend} format ${found.format}`)) this.record({ event: 'unknown_format', ...found });
  }

  private isNews(which: string): boolean {
    const now = performance.now();
    if (now - (this.unknown.get(which) ?? -Infinity) < UNKNOWN_PAUSE) return false;
    this.unknown.set(which, now);
    return true;
  }

  storageUnconfirmed(writes: number): void {
    this.metrics.unconfirmed.inc(writes);
    if (this.isNews('unconfirmed')) this.record({ event: 'storage_unconfirmed', writes });
  }

  login(frontend: string, outcome: 'completed' | LoginError | ProblemCode): void {
    this.metrics.logins.inc({ frontend, outcome });
    if (outcome === 'completed') this.metrics.started.inc({ frontend });
  }

  pushed(frontend: string, outcome: PushOutcome): void {
    this.metrics.pushes.inc({ frontend, outcome });
  }

  refreshed(frontend: string, outcome: RefreshOutcome): void {
    this.metrics.refreshes.inc({ frontend, outcome });
  }

  proxied(frontend: string, route: string, status: number): void {
    this.metrics.calls.inc({ frontend, route, status: `${Math.floor(status / 100)}xx` });
  }

  streamsChanged(frontend: string, by: 1 | -1): void {
    this.metrics.streams.inc({ frontend }, by);
  }

  webSocketsChanged(frontend: string, by: 1 | -1): void {
    this.metrics.webSockets.inc({ frontend }, by);
  }

  credentialsKnown(frontend: string, credentials: readonly KnownCredential[]): void {
    this.metrics.credentials.show(frontend, credentials);
  }
}
