import { ValidateBy, ValidateIf, type ValidationError } from 'class-validator';
import { isObject } from './json.js';

/** `path` as in `api.baseUrl`; `text` goes on from there: "is missing". */
export interface OptionProblem {
  path: string;
  text: string;
}

/** All that is wrong with the options, found in one go. No message holds a value: it may be a secret. */
export class AuthleteOptionsError extends Error {
  override readonly name = 'AuthleteOptionsError';
  constructor(readonly problems: readonly OptionProblem[]) {
    super(`The authorization server’s options have mistakes:\n${problems.map(asLine).join('\n')}`);
  }
}

const asLine = ({ path, text }: OptionProblem) => `- ${path} ${text}`;

/** What is wrong with a value; nothing when it is fine. */
export type OptionRule = (value: unknown) => string | undefined;

export function Rule(rule: OptionRule): PropertyDecorator {
  const told = (value: unknown) => (value === undefined ? 'is missing' : rule(value));
  const validator = { validate: (value: unknown) => told(value) === undefined, defaultMessage: messageBy(told) };
  return ValidateBy({ name: 'rule', validator });
}

const messageBy = (told: OptionRule) => (violation?: { value: unknown }) => told(violation?.value) ?? '';

/** Absent is fine, `null` is a mistake. */
export const Optional = (): PropertyDecorator => ValidateIf((_options, value) => value !== undefined);

export function textThat(rule: (text: string) => string | undefined): OptionRule {
  return value => (typeof value === 'string' ? rule(value) : 'must be a text');
}

/** VSCHAR without the space (RFC 6749 appendix A): what can stand in a header. */
export const visible = textThat(text => (/^[!-~]+$/.test(text) ? undefined : 'must be visible ASCII characters'));

export function wholeNumber(atLeast: number, atMost: number): OptionRule {
  const fits = (value: unknown) => Number.isInteger(value) && Number(value) >= atLeast && Number(value) <= atMost;
  return value => (fits(value) ? undefined : `must be a whole number from ${atLeast} to ${atMost}`);
}

export function someOf(rule: OptionRule): OptionRule {
  return value => {
    if (!Array.isArray(value) || value.length === 0) return 'must be a list with at least one entry';
    if (new Set(value).size < value.length) return 'names something twice';
    const wrong = value.findIndex(entry => rule(entry) !== undefined);
    return wrong < 0 ? undefined : `entry ${wrong + 1} ${rule(value[wrong])}`;
  };
}

export const object: OptionRule = value => (isObject(value) ? undefined : 'must be an object');

/** The errors of class-validator, flat. What is no object at all is told once, not again for each option that it lacks. */
export function flat(errors: ValidationError[], parent = ''): OptionProblem[] {
  return errors.flatMap(({ property, constraints = {}, children = [] }) => {
    const path = `${parent}${property}`;
    if (constraints['whitelistValidation'] !== undefined) return [{ path, text: 'is no option' }];
    if (constraints['rule'] !== undefined) return [{ path, text: constraints['rule'] }];
    return flat(children, `${path}.`);
  });
}
