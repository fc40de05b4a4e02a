import { readFileSync } from 'node:fs';
import type { Syntax } from './value-syntax.js';

/** An environment variable, and how its text is read; what it sets is the matter of the table that it stands in. */
export interface Variable {
  name: string;
  syntax: Syntax;
  /** May be given as <NAME>_FILE instead, and never stands in a message. */
  secret?: true;
}

/** A variable that is set, by itself or through <NAME>_FILE: `label` says which. `problem`: it can't be read. */
export interface Given<Of extends Variable> {
  variable: Of;
  label: string;
  value?: unknown;
  problem?: string;
}

/** Empty is as good as absent: compose files and CI systems can't tell them apart. `defaults`, by the variables' names too, stand under `env`. */
export function readEnvironment<Of extends Variable>(
  table: readonly Of[],
  env: NodeJS.ProcessEnv,
  defaults: Record<string, string> = {},
): { given: Given<Of>[]; assumed: Given<Of>[] } {
  const set = (from: NodeJS.ProcessEnv) => table.flatMap(variable => givenBy(variable, from) ?? []);
  const given = set(env);
  return { given, assumed: set(defaults).filter(({ variable }) => !given.some(one => one.variable === variable)) };
}

function givenBy<Of extends Variable>(variable: Of, env: NodeJS.ProcessEnv): Given<Of> | undefined {
  const { name } = variable;
  const text = setting(env, name);
  const file = variable.secret && setting(env, `${name}_FILE`);
  if (file === undefined)
    return text === undefined ? undefined : { variable, label: name, value: variable.syntax(text) };
  const label = `${name}_FILE`;
  if (text !== undefined) return { variable, label, problem: `stands beside ${name}: only one of them may be set` };
  return { variable, label, ...secretFile(variable, file) };
}

/** Most editors and `echo` end a file with a line break that isn't part of the secret. */
function secretFile(variable: Variable, path: string): { value?: unknown; problem?: string } {
  try {
    const text = readFileSync(path, 'utf8').replace(/[\r\n]+$/, '');
    return text.trim() === '' ? { problem: 'is an empty file' } : { value: variable.syntax(text) };
  } catch (error) {
    return { problem: `can't be read (${errorCode(error)})` };
  }
}

function setting(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const text = env[name];
  return text === undefined || text.trim() === '' ? undefined : text;
}

/** The system's code alone (ENOENT, EACCES): messages quote paths and contents. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown error';
}

/** Each name that may be set. */
export function namesOf(table: readonly Variable[]): string[] {
  return table.flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name]));
}
