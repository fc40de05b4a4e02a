import { setBy, type OptionProblem } from '../environment/option-variables.js';
import type { Given } from '../environment/variables.js';
import { pointer } from './config-file.js';
import { VARIABLES, type Variable } from './variables.js';

/** The BFF's problems with its options, said in the operator's words: the variable where it is set, else the place in the file. */
export function optionMistakes(
  found: OptionProblem[],
  given: Given<Variable>[],
  file: { options: object; problem?: string },
): string[] {
  return found.flatMap(problem => {
    const set = setBy(problem, given);
    const unread = set ? set.given.problem !== undefined : file.problem !== undefined;
    // what couldn't be read has been reported as that; that it's missing as well helps nobody
    if (problem.text === 'is missing' && unread) return [];
    return [set ? `${set.given.label}${set.entry} ${problem.text}` : inFile(problem, file.options)];
  });
}

function inFile({ path, text }: OptionProblem, options: object): string {
  const [first = path] = path.split(/[.[]/, 1);
  const unset = VARIABLES.find(({ option }) => option === path);
  return Object.hasOwn(options, first) || !unset ? `CONFIG_FILE ${pointer(path)} ${text}` : `${unset.name} ${text}`;
}
