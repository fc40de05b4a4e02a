import { Counter, Gauge, Registry } from 'prom-client';
import { CredentialGauge } from './credential-gauge.js';

/** What is counted; docs/contract.md holds the list, and a test compares them. */
export class Metrics {
  readonly registry = new Registry();
  readonly logins = this.counter('parlour_logins_total', 'Logins by outcome', ['frontend', 'outcome']);
  readonly pushes = this.counter('parlour_pushes_total', 'Pushed authorization requests by outcome', [
    'frontend',
    'outcome',
  ]);
  readonly refreshes = this.counter('parlour_refreshes_total', 'Refreshes by outcome', ['frontend', 'outcome']);
  readonly started = this.counter('parlour_sessions_started_total', 'Sessions started', ['frontend']);
  readonly ended = this.counter('parlour_sessions_ended_total', 'Sessions ended by reason', ['frontend', 'reason']);
  readonly calls = this.counter('parlour_proxied_requests_total', 'Proxied API calls by status class', [
    'frontend',
    'route',
    'status',
  ]);
  readonly unconfirmed = this.counter(
    'parlour_storage_unconfirmed_writes_total',
    'Writes to the storage that no replica had in time',
    [],
  );
  readonly streams = new Gauge({
    name: 'parlour_event_streams',
    help: 'Open streams of session events',
    labelNames: ['frontend'],
    registers: [this.registry],
  });
  readonly webSockets = new Gauge({
    name: 'parlour_web_sockets',
    help: 'Open WebSockets to APIs',
    labelNames: ['frontend'],
    registers: [this.registry],
  });
  readonly credentials = new CredentialGauge(this.registry);

  private counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
