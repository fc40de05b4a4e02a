import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';
import { isRecord } from './rules.js';
import { nearest } from './nearest.js';

/** `path` as in `frontends[0].apiRoutes[1].upstream`; `text` goes on from there: "is missing". */
export interface OptionProblem {
  path: string;
  text: string;
}

/** All that is wrong with the options, found in one go. No message holds a value. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError';
  readonly problems: string[];
  constructor(readonly found: OptionProblem[]) {
    const problems = found.map(({ path, text }) => `${path} ${text}`.trimStart());
    super(`Parlour's options have mistakes:\n${problems.map(problem => `- ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** The problems of an instance by its class's rules. `moreKeys`: further names that an unknown one at the top may have been meant as. */
export function problemsOf(instance: object, moreKeys: readonly string[] = []): OptionProblem[] {
  const errors = validateSync(instance, { whitelist: true, forbidNonWhitelisted: true });
  return errors.flatMap(error => flattened(error, error.property, moreKeys));
}

function flattened(error: ValidationError, path: string, moreKeys: readonly string[]): OptionProblem[] {
  // What isn't the object or list it should be is told once, not again for each option that it lacks.
  const notNested = error.constraints?.['must'] !== undefined && !Array.isArray(error.value);
  const children = notNested
    ? []
    : (error.children ?? []).flatMap(child => flattened(child, childPath(path, child), []));
  const texts = Object.entries(error.constraints ?? {})
    // ValidateNested's own words: a Must beside it says the same.
    .filter(([rule]) => rule !== 'nestedValidation')
    .map(([rule, text]) => (rule === 'whitelistValidation' ? unknownKey(error, moreKeys) : text));
  return [...texts.map(text => ({ path, text })), ...children];
}

function childPath(parent: string, { property }: ValidationError): string {
  return /^\d+$/.test(property) ? `${parent}[${property}]` : `${parent}.${property}`;
}

function unknownKey({ target, property }: ValidationError, moreKeys: readonly string[]): string {
  const known = [...knownKeys(target), ...moreKeys];
  const meant = nearest(property, known, Number.POSITIVE_INFINITY);
  return `is no option; the nearest is ${meant}`;
}

/** Every option has a rule, and a name without one is unknown: so the options are what has a rule. */
function knownKeys(target: object | undefined): string[] {
  if (!target) return [];
  const rules = getMetadataStorage().getTargetValidationMetadatas(target.constructor, '', false, false);
  return rules.map(rule => rule.propertyName);
}

/** Names that every object inherits: class-transformer drops them in silence, or calls them. */
export function inheritedNames(value: unknown, path = ''): OptionProblem[] {
  if (Array.isArray(value)) return value.flatMap((entry, index) => inheritedNames(entry, `${path}[${index}]`));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, entry]) => {
    const here = path === '' ? key : `${path}.${key}`;
    return key in Object.prototype ? [{ path: here, text: 'is no option' }] : inheritedNames(entry, here);
  });
}
