import type { OptionProblem } from '../bff/bff.options.js';
import { pointer } from './config-file.js';
import type { Given } from './environment.js';
import { VARIABLES } from './variables.js';

/** The BFF's problems with its options, said in the operator's words: the variable where it is set, else the place in the file. */
export function optionMistakes(
  found: OptionProblem[],
  given: Given[],
  file: { options: object; problem?: string },
): string[] {
  return found
    .filter(problem => !isConsequence(problem, given, file.problem !== undefined))
    .map(problem => mistake(problem, given, file.options));
}

/** What couldn't be read has been reported as that; that it's missing as well helps nobody. */
function isConsequence({ path, text }: OptionProblem, given: Given[], fileFailed: boolean): boolean {
  const setBy = given.find(({ variable }) => restOf(path, variable.option) !== undefined);
  return text === 'is missing' && (setBy ? setBy.problem !== undefined : fileFailed);
}

function mistake({ path, text }: OptionProblem, given: Given[], options: object): string {
  const setBy = given.find(({ variable }) => restOf(path, variable.option) !== undefined);
  if (setBy) return `${setBy.label}${entry(restOf(path, setBy.variable.option) ?? '')} ${text}`;
  const [first = path] = path.split(/[.[]/, 1);
  const unset = VARIABLES.find(({ option }) => option === path);
  return Object.hasOwn(options, first) || !unset ? `CONFIG_FILE ${pointer(path)} ${text}` : `${unset.name} ${text}`;
}

/** What follows an option's path in that of a problem: `[1].upstream` for `apiRoutes`; nothing when the problem is another option's. */
function restOf(path: string, option: string | undefined): string | undefined {
  if (option === undefined || !path.startsWith(option)) return undefined;
  const rest = path.slice(option.length);
  return rest === '' || /^[.[]/.test(rest) ? rest : undefined;
}

/** Entries count from one, as they do for who wrote them into a variable. */
function entry(rest: string): string {
  return rest.replaceAll(/\[(\d+)\]/g, (_, index: string) => ` entry ${Number(index) + 1}`).replaceAll('.', ' ');
}
