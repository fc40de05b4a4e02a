import type { Given, Variable } from './variables.js';

/** A problem as the options' own reader tells it: `path` as in `limits.loginBurst`, `text` goes on from there: "is missing". */
export interface OptionProblem {
  path: string;
  text: string;
}

export interface OptionVariable extends Variable {
  /** Path of the option that it sets. */
  option?: string;
  /** The option of the process around that. */
  server?: string;
}

/** The variable whose value the problem is about, and the entry of it: ` entry 2 upstream`. */
export function setBy<Of extends OptionVariable>(
  { path }: OptionProblem,
  given: readonly Given<Of>[],
): { given: Given<Of>; entry: string } | undefined {
  for (const one of given) {
    const rest = restOf(path, one.variable.option);
    if (rest !== undefined) return { given: one, entry: entryIn(rest) };
  }
  return undefined;
}

/** What follows an option's path in that of a problem: `[1].upstream` for `apiRoutes`; nothing when the problem is another option's. */
function restOf(path: string, option: string | undefined): string | undefined {
  if (option === undefined || !path.startsWith(option)) return undefined;
  const rest = path.slice(option.length);
  return rest === '' || /^[.[]/.test(rest) ? rest : undefined;
}

/** Entries count from one, as they do for who wrote them into a variable. */
function entryIn(rest: string): string {
  return rest.replaceAll(/\[(\d+)\]/g, (_, index: string) => ` entry ${Number(index) + 1}`).replaceAll('.', ' ');
}

export function serverValues(given: readonly Given<OptionVariable>[]): Record<string, unknown> {
  return Object.fromEntries(
    given.flatMap(({ variable: { server }, value }) => (server === undefined ? [] : [[server, value]])),
  );
}

/** Options from what is given, by their paths: `limits.loginBurst` stands in the group `limits`, beside what `options` has there. */
export function withValues(
  options: Record<string, unknown>,
  given: readonly Given<OptionVariable>[],
): Record<string, unknown> {
  const merged = { ...options };
  for (const { variable, value } of given) {
    if (variable.option === undefined || value === undefined) continue;
    const [group = '', option] = variable.option.split('.');
    if (option === undefined) merged[group] = value;
    else if (merged[group] === undefined) merged[group] = { [option]: value };
    else if (isObject(merged[group])) merged[group] = { ...merged[group], [option]: value };
  }
  return merged;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
