import { statSync } from 'node:fs';
import { plainToInstance } from 'class-transformer';
import { IsInt, IsOptional, Matches, Max, Min, ValidateBy } from 'class-validator';
import { IsHost, IsPort, ListenerOptions, problemsOf, type ListenerProblem } from '../environment/listener.options.js';

const WORKERS = { message: 'must be a whole number from 1 to 64' };

/** The runnable server around the BFF. */
export class ServerOptions extends ListenerOptions {
  @IsHost()
  managementHost = '127.0.0.1';

  @IsPort()
  managementPort = 3003;

  /** Processes that share the port and the storage. */
  @IsInt(WORKERS)
  @Min(1, WORKERS)
  @Max(64, WORKERS)
  workers = 1;

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

/** The options with their defaults, and what is wrong with them: the caller knows where they came from. */
export function readServerOptions(
  given: Partial<Record<keyof ServerOptions, unknown>>,
): [ServerOptions, ListenerProblem[]] {
  const server = plainToInstance(ServerOptions, given);
  return [server, [...problemsOf(server), ...relations(server)]];
}

function relations(server: ServerOptions): ListenerProblem[] {
  const problems: ListenerProblem[] = [];
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
