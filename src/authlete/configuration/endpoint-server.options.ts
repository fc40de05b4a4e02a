import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { plainToInstance } from 'class-transformer';
import { IsOptional, ValidateBy } from 'class-validator';
import {
  IsPort,
  isLoopbackAddress,
  ListenerOptions,
  problemsOf,
  type ListenerProblem,
} from '../../environment/listener.options.js';
import { errorCode } from '../../environment/variables.js';

/** The process around the endpoints. */
export class EndpointServerOptions extends ListenerOptions {
  @IsPort()
  override port = 3011;

  @IsOptional()
  @IsFile()
  tlsKeyFile?: string;

  @IsOptional()
  @IsFile()
  tlsCertFile?: string;

  @IsFile()
  accountsModule!: string;
}

/** PEM. */
export interface TlsIdentity {
  key: string;
  cert: string;
}

/** What stands beside the process's options and decides whether they are safe. */
interface Endpoints {
  issuer: unknown;
  terminated: boolean;
}

export interface EndpointServer {
  options: EndpointServerOptions;
  tls?: TlsIdentity;
  problems: ListenerProblem[];
}

export function readEndpointServer(given: Record<string, unknown>, endpoints: Endpoints): EndpointServer {
  const options = plainToInstance(EndpointServerOptions, given);
  const problems = problemsOf(options);
  if (problems.some(({ option }) => option.startsWith('tls') || option === 'host')) return { options, problems };
  const [tls, tlsProblems] = readTls(options);
  return {
    options,
    ...(tls && { tls }),
    problems: [...problems, ...tlsProblems, ...plainHttpProblems(options, endpoints)],
  };
}

function readTls({ tlsKeyFile, tlsCertFile }: EndpointServerOptions): [TlsIdentity | undefined, ListenerProblem[]] {
  if (tlsKeyFile === undefined && tlsCertFile === undefined) return [undefined, []];
  const missing = (option: string) => ({ option, text: 'is missing: a key and its certificate go together' });
  if (tlsKeyFile === undefined) return [undefined, [missing('tlsKeyFile')]];
  if (tlsCertFile === undefined) return [undefined, [missing('tlsCertFile')]];
  try {
    const tls = { key: readFileSync(tlsKeyFile, 'utf8'), cert: readFileSync(tlsCertFile, 'utf8') };
    createSecureContext(tls);
    return [tls, []];
  } catch (error) {
    // the code alone: OpenSSL's words may say what the key holds
    const text = `doesn't hold a certificate (PEM) for the key in AS_TLS_KEY_FILE (${errorCode(error)})`;
    return [undefined, [{ option: 'tlsCertFile', text }]];
  }
}

/** Passwords, codes and tokens pass here: in the clear to this machine alone, or to a terminator that somebody has named. */
function plainHttpProblems(server: EndpointServerOptions, { issuer, terminated }: Endpoints): ListenerProblem[] {
  const encrypted = server.tlsKeyFile !== undefined;
  if (encrypted && String(issuer).startsWith('http:')) {
    return [{ option: 'tlsCertFile', text: 'is set, but AS_ISSUER is http: what is served over TLS is https' }];
  }
  if (encrypted || terminated || isLoopbackAddress(server.host)) return [];
  const text =
    'lets other machines in over plain http: set AS_TLS_KEY_FILE and AS_TLS_CERT_FILE, or TRUSTED_TLS_TERMINATOR';
  return [{ option: 'host', text }];
}

function IsFile(): PropertyDecorator {
  return ValidateBy({
    name: 'isFile',
    validator: {
      validate: isFile,
      defaultMessage: violation => (violation?.value === undefined ? 'is missing' : 'must be a file'),
    },
  });
}

function isFile(path: unknown): boolean {
  try {
    return typeof path === 'string' && statSync(path).isFile();
  } catch {
    return false;
  }
}
