import { Logger } from '@nestjs/common';
import { redact } from './redact.js';

/** One object an event, ready for JSON. Nothing that a client, a person or Authlete wrote stands in it but redacted. */
export interface AuthleteEvent {
  event: string;
  level: 'debug' | 'info' | 'warn' | 'error';
  [member: string]: unknown;
}

export type RecordEvent = (event: AuthleteEvent) => void;

/** The one place that logs. */
export class AuthleteEvents {
  constructor(private readonly to: RecordEvent = print) {}

  /** Every text in it is redacted, whoever wrote it: names of endpoints and codes pass, secrets don't. */
  record(event: AuthleteEvent): void {
    const members = Object.entries(event).filter(([, value]) => value !== undefined);
    const { event: name, level } = event;
    this.to({ ...Object.fromEntries(members.map(([member, value]) => [member, clean(value)])), event: name, level });
  }
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return redact(value);
  return Array.isArray(value) ? value.map(clean) : value;
}

const logger = new Logger('Authlete');

/** Nest calls info `log`. */
function print({ level, ...event }: AuthleteEvent): void {
  logger[level === 'info' ? 'log' : level](event);
}
