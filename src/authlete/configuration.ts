import { ConfigurationError, type Danger } from '../environment/configuration-error.js';
import type { LogLevel } from '../environment/listener.options.js';
import { serverValues, setBy, withValues } from '../environment/option-variables.js';
import { namesOf, readEnvironment, type Given } from '../environment/variables.js';
import {
  AuthleteOptionsError,
  readAuthleteOptions,
  type AuthleteSettings,
  type OptionProblem,
} from './authlete.options.js';
import { readEndpointServer, type TlsIdentity } from './configuration/endpoint-server.options.js';
import { AUTHLETE_VARIABLES, type AuthleteVariable } from './configuration/variables.js';

export { type AuthleteHost, loadAccounts } from './configuration/accounts-module.js';
export { ConfigurationError } from '../environment/configuration-error.js';

export interface AuthleteConfiguration {
  production: boolean;
  host: string;
  port: number;
  tls?: TlsIdentity;
  logLevel: LogLevel;
  /** Seconds that requests under way may take at the end; 10 when left out. */
  shutdownTimeout?: number;
  /** Path of an ES module that exports `accounts`, and `sessionStore` if it likes. */
  accountsModule?: string;
  options: AuthleteSettings;
  dangers?: Danger[];
}

/** The environment, checked whole. `defaults`, by the variables' names too, stand under it. */
export function readAuthleteConfiguration(
  env: NodeJS.ProcessEnv = process.env,
  defaults: Record<string, string> = {},
): AuthleteConfiguration & { accountsModule: string } {
  const { given, assumed } = readEnvironment(AUTHLETE_VARIABLES, env, defaults);
  const settings = withValues({ api: {} }, [...assumed, ...given]);
  const [options, optionProblems] = readOptions(settings);
  const { problems, tls, ...server } = readEndpointServer(serverValues([...assumed, ...given]), {
    issuer: settings['issuer'],
    terminated: settings['trustedTlsTerminator'] !== undefined,
  });
  const mistakes = [
    ...given.flatMap(({ label, problem }) => (problem === undefined ? [] : [`${label} ${problem}`])),
    ...problems.map(({ option, text }) => `${nameOf(variable => variable.server === option)} ${text}`),
    ...optionProblems.flatMap(problem => mistake(problem, given)),
  ];
  if (mistakes.length > 0 || !options) throw new ConfigurationError(mistakes, 'docs/authlete.md#variables');
  const { production, host, port, logLevel, shutdownTimeout, accountsModule } = server.options;
  const process = { production, host, port, logLevel, shutdownTimeout, accountsModule };
  return { ...process, ...(tls && { tls }), options, dangers: unread(env) };
}

/** Whether the environment names a service of Authlete's, or begins to. */
export function namesService(env: NodeJS.ProcessEnv = process.env): boolean {
  const { given } = readEnvironment(AUTHLETE_VARIABLES, env);
  return given.some(({ variable: { option } }) => option?.startsWith('api.') && option !== 'api.timeout');
}

function readOptions(settings: unknown): [AuthleteSettings | undefined, readonly OptionProblem[]] {
  try {
    return [readAuthleteOptions(settings), []];
  } catch (error) {
    if (error instanceof AuthleteOptionsError) return [undefined, error.problems];
    throw error;
  }
}

/** What couldn't be read has been reported as that; that it's missing as well helps nobody. */
function mistake(problem: OptionProblem, given: Given<AuthleteVariable>[]): string[] {
  const set = setBy(problem, given);
  if (set && set.given.problem !== undefined) return [];
  const label = set ? `${set.given.label}${set.entry}` : nameOf(({ option }) => option === problem.path);
  return [`${label} ${inVariables(problem.text)}`];
}

function nameOf(is: (variable: AuthleteVariable) => boolean): string {
  return AUTHLETE_VARIABLES.find(is)?.name ?? 'an option';
}

/** A text may name other options: `API v3 needs it, with serviceId`. */
function inVariables(text: string): string {
  return text.replaceAll(
    /\b[a-z]+[A-Z]\w+\b/g,
    word => AUTHLETE_VARIABLES.find(({ option }) => option?.split('.').at(-1) === word)?.name ?? word,
  );
}

/** These prefixes are ours, so what has one and isn't known was meant for us. */
function unread(env: NodeJS.ProcessEnv): Danger[] {
  const names = namesOf(AUTHLETE_VARIABLES);
  return Object.keys(env)
    .filter(name => /^(?:AUTHLETE|AS)_/.test(name) && !names.includes(name))
    .map(setting => ({ setting, reason: 'isn’t read: the endpoints know no such variable' }));
}
