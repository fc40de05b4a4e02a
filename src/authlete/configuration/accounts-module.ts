import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigurationError } from '../../environment/configuration-error.js';
import type { AuthleteOptionsInput } from '../index.js';

/** What a host brings along: the people, and where their sessions are kept. */
export type AuthleteHost = Pick<AuthleteOptionsInput, 'accounts' | 'sessionStore'>;

/** A host's ES module, loaded from the working directory: it exports `accounts`, and `sessionStore` if its sessions are to be kept. */
export async function loadAccounts(path: string): Promise<AuthleteHost> {
  const exported = await load(path);
  const { accounts, sessionStore } = exported;
  const problems = [
    ...(hasFunctions(accounts, ['authenticate', 'find'])
      ? []
      : ['must export accounts, with the functions authenticate and find']),
    ...(sessionStore === undefined || hasFunctions(sessionStore, ['get', 'set', 'destroy'])
      ? []
      : ['exports a sessionStore that is no Store of express-session']),
  ];
  if (problems.length > 0) throw refused(problems);
  // the functions are there, and what they do is the host's: nothing more can be seen before they are called
  return { accounts, ...(sessionStore !== undefined && { sessionStore }) } as AuthleteHost;
}

async function load(path: string): Promise<Record<string, unknown>> {
  try {
    // whatever the module exports
    return (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  } catch (error) {
    throw refused([`can’t be loaded: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

function hasFunctions(value: unknown, names: string[]): boolean {
  return (
    typeof value === 'object' && value !== null && names.every(name => typeof Reflect.get(value, name) === 'function')
  );
}

function refused(problems: string[]): ConfigurationError {
  return new ConfigurationError(
    problems.map(problem => `AS_ACCOUNTS_MODULE ${problem}`),
    'docs/authlete.md#variables',
  );
}
