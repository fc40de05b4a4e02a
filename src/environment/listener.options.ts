import { IsBoolean, IsIn, IsInt, Matches, Max, Min, validateSync } from 'class-validator';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const SECONDS = { message: 'must be a whole number of seconds from 1 to 3600' };

export function IsHost(): PropertyDecorator {
  return Matches(/^[\w.:-]+$/, { message: 'must be an IP address or a host name' });
}

export function IsPort(): PropertyDecorator {
  const message = { message: 'must be a port, from 0 (any free one) to 65535' };
  const rules = [IsInt(message), Min(0, message), Max(65_535, message)];
  return (target, property) => {
    for (const rule of rules) rule(target, property);
  };
}

/** What every process has that listens. Times are in seconds. */
export class ListenerOptions {
  @IsBoolean({ message: 'must be production, development or test' })
  production = false;

  @IsHost()
  host = '127.0.0.1';

  @IsPort()
  port = 3000;

  @IsIn(LOG_LEVELS, { message: `must be one of ${LOG_LEVELS.join(', ')}` })
  logLevel: LogLevel = 'info';

  @IsInt(SECONDS)
  @Min(1, SECONDS)
  @Max(3600, SECONDS)
  shutdownTimeout = 10;
}

export interface ListenerProblem {
  option: string;
  text: string;
}

export function problemsOf(options: ListenerOptions): ListenerProblem[] {
  return validateSync(options).map(({ property, constraints }) => ({
    option: property,
    text: Object.values(constraints ?? {})[0] ?? 'is wrong',
  }));
}

/** Name or address of this machine itself, as one writes it to listen there. */
export function isLoopbackAddress(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
