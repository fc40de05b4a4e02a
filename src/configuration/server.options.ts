import { statSync } from 'node:fs';
import { plainToInstance } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, Matches, Max, Min, ValidateBy, validateSync } from 'class-validator';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const HOST = { message: 'must be an IP address or a host name' };
const PORT = { message: 'must be a port, from 0 (any free one) to 65535' };
const SECONDS = { message: 'must be a whole number of seconds from 1 to 3600' };

/** The runnable server around the BFF. Times are in seconds. */
export class ServerOptions {
  @IsBoolean({ message: 'must be production, development or test' })
  production = false;

  @Matches(/^[\w.:-]+$/, HOST)
  host = '127.0.0.1';

  @IsInt(PORT)
  @Min(0, PORT)
  @Max(65_535, PORT)
  port = 3000;

  @Matches(/^[\w.:-]+$/, HOST)
  managementHost = '127.0.0.1';

  @IsInt(PORT)
  @Min(0, PORT)
  @Max(65_535, PORT)
  managementPort = 3003;

  @IsIn(LOG_LEVELS, { message: `must be one of ${LOG_LEVELS.join(', ')}` })
  logLevel: LogLevel = 'info';

  @IsInt(SECONDS)
  @Min(1, SECONDS)
  @Max(3600, SECONDS)
  shutdownTimeout = 10;

  @IsOptional()
  @IsFolder()
  spaDir?: string;

  @IsOptional()
  @Matches(/^https?:\/\/[\w.:[\]-]+$/, { message: 'must be an origin, as http://localhost:5173' })
  spaDevUrl?: string;

  /** A line break would end the header. */
  @IsOptional()
  @Matches(/^[\x20-\x7e]+$/, { message: 'must be one line of printable ASCII characters' })
  contentSecurityPolicy?: string;
}

export interface ServerProblem {
  option: string;
  text: string;
}

/** The options with their defaults, and what is wrong with them: the caller knows where they came from. */
export function readServerOptions(
  given: Partial<Record<keyof ServerOptions, unknown>>,
): [ServerOptions, ServerProblem[]] {
  const server = plainToInstance(ServerOptions, given);
  const problems = validateSync(server).map(({ property, constraints }) => ({
    option: property,
    text: Object.values(constraints ?? {})[0] ?? 'is wrong',
  }));
  return [server, [...problems, ...relations(server)]];
}

function relations(server: ServerOptions): ServerProblem[] {
  const problems: ServerProblem[] = [];
  if (server.production && server.spaDevUrl !== undefined) {
    problems.push({ option: 'spaDevUrl', text: 'is for development only' });
  }
  if (server.port === server.managementPort && server.port !== 0 && meet(server.host, server.managementHost)) {
    problems.push({ option: 'managementPort', text: 'must differ from the public port: it is for operators only' });
  }
  return problems;
}

function meet(host: string, other: string): boolean {
  return [host, other].some(address => address === '0.0.0.0' || address === '::') || host === other;
}

function IsFolder(): PropertyDecorator {
  return ValidateBy({
    name: 'isFolder',
    validator: {
      validate: isFolder,
      defaultMessage: () => 'must be a folder',
    },
  });
}

function isFolder(path: unknown): boolean {
  try {
    return typeof path === 'string' && statSync(path).isDirectory();
  } catch {
    return false;
  }
}
