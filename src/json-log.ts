import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { LogLevel as OurLevel } from './environment/listener.options.js';

const LEVELS: Record<OurLevel, LogLevel[]> = {
  debug: ['debug', 'log', 'warn', 'error', 'fatal'],
  info: ['log', 'warn', 'error', 'fatal'],
  warn: ['warn', 'error', 'fatal'],
  error: ['error', 'fatal'],
};

/** Nest's own account of its start-up, which says nothing to an operator. */
const CHATTER = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestFactory', 'NestApplication']);

/** One JSON object a line, an event's members at its top: what docs/contract.md promises. */
export class JsonLog extends ConsoleLogger {
  constructor(private readonly server: { logLevel: OurLevel }) {
    super({ json: true, logLevels: LEVELS[server.logLevel], colors: false });
  }

  override log(message: unknown, ...context: unknown[]): void {
    const last = context.at(-1);
    if (this.server.logLevel !== 'debug' && typeof last === 'string' && CHATTER.has(last)) return;
    super.log(message, ...context);
  }

  protected override getJsonLogObject(...[message, options]: Parameters<ConsoleLogger['getJsonLogObject']>) {
    const { pid, timestamp: _timestamp, ...said } = super.getJsonLogObject(message, options);
    const event = typeof message === 'object' && message !== null ? message : { message };
    const level = said.level === 'log' ? ('info' as LogLevel) : said.level;
    // the base class wants its own members, too; `undefined` ones aren't printed
    return {
      ...said,
      time: new Date().toISOString(),
      ...event,
      level,
      pid,
      message: undefined,
      timestamp: undefined as never,
      ...(!('event' in event) && { message }),
    };
  }
}
