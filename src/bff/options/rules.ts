import { ValidateBy, ValidateIf } from 'class-validator';

/**
 * What is wrong with a value, as the rest of a sentence that starts with the option's name; nothing when it is fine. A rule never repeats
 * the value: it may be a secret, or a URL with a password in it.
 */
export type Rule = (value: unknown) => string | undefined;

/** The one way to put a rule on an option, so that every message has one form. */
export function Must(rule: Rule): PropertyDecorator {
  return ValidateBy({
    name: 'must',
    validator: {
      validate: value => rule(value) === undefined,
      defaultMessage: violation => rule(violation?.value) ?? '',
    },
  });
}

/** Unlike class-validator's IsOptional this lets only an absent value through: `null` is a mistake. */
export function MayBeAbsent(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined);
}

export function text(rule: (value: string) => string | undefined = notEmpty): Rule {
  return value => {
    if (value === undefined) return 'is missing';
    return typeof value === 'string' ? rule(value) : 'must be a text';
  };
}

function notEmpty(value: string): string | undefined {
  return /\S/.test(value) ? undefined : 'may not be empty';
}

export function matching(pattern: RegExp, otherwise: string): Rule {
  return text(value => (pattern.test(value) ? undefined : otherwise));
}

export function oneOf(allowed: readonly string[]): Rule {
  return text(value => (allowed.includes(value) ? undefined : `must be one of ${allowed.join(', ')}`));
}

export const flag: Rule = value => (typeof value === 'boolean' ? undefined : 'must be true or false');

/** Seconds. The bound is a year at most: timers of 2^31 ms and more would fire at once. */
export function seconds(atMost: number): Rule {
  return integer(1, atMost, 'must be a whole number of seconds');
}

export function integer(atLeast: number, atMost: number, otherwise = 'must be a whole number'): Rule {
  return value =>
    Number.isInteger(value) && Number(value) >= atLeast && Number(value) <= atMost
      ? undefined
      : `${otherwise} from ${atLeast} to ${atMost}`;
}

export const positive: Rule = value =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? undefined : 'must be a positive number';

/** A list whose entries each follow the rule, no two of them equal. */
export function listOf(rule: Rule, atLeast = 0): Rule {
  return value => {
    if (value === undefined) return 'is missing';
    if (!Array.isArray(value)) return 'must be a list';
    if (value.length < atLeast) return 'may not be empty';
    return firstProblem(value, rule) ?? (new Set(value).size < value.length ? 'names something twice' : undefined);
  };
}

function firstProblem(entries: unknown[], rule: Rule): string | undefined {
  for (const [index, entry] of entries.entries()) {
    const problem = rule(entry);
    if (problem !== undefined) return `entry ${index + 1} ${problem}`;
  }
  return undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const record: Rule = value => (isRecord(value) ? undefined : 'must be an object');

/** ValidateNested passes over `null` in silence, so the entries' type is checked apart. */
export function records(atLeast = 0): Rule {
  return value => listOf(record, atLeast)(value);
}

/** A text for each name, none of the names taken. */
export function texts(taken: readonly string[]): Rule {
  return value => {
    if (!isRecord(value)) return 'must give each name one value';
    for (const [name, entry] of Object.entries(value)) {
      if (taken.includes(name)) return `may not set ${name}: that is Parlour's own`;
      if (name === '' || typeof entry !== 'string') return 'must give each name one text';
    }
    return undefined;
  };
}
