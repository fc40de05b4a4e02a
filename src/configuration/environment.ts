import { readFileSync } from 'node:fs';
import { VARIABLES, type Variable } from './variables.js';

/** A variable that is set, by itself or through <NAME>_FILE: `label` says which. `problem`: it can't be read. */
export interface Given {
  variable: Variable;
  label: string;
  value?: unknown;
  problem?: string;
}

/** Empty is as good as absent: compose files and CI systems can't tell them apart. */
export function readEnvironment(env: NodeJS.ProcessEnv): Given[] {
  return VARIABLES.flatMap(variable => given(variable, env) ?? []);
}

function given(variable: Variable, env: NodeJS.ProcessEnv): Given | undefined {
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
function secretFile(variable: Variable, path: string): Pick<Given, 'value' | 'problem'> {
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
