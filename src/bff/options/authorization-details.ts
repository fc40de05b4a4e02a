import { isRecord, type Rule } from './rules.js';

/**
 * What a member of an authorization detail from the browser may be: one of `values`; a text that `pattern` matches whole, of at most `maxLength`
 * characters; a number from `minimum` to `maximum`; or an object of such `members`. With `list`, one to ten of these.
 */
export interface DetailMember {
  required?: boolean;
  list?: boolean;
  values?: (string | number | boolean)[];
  pattern?: string;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  members?: Record<string, DetailMember>;
}

/** The `type`s that the browser may ask for (RFC 9396 §2), each with its members. What isn't named is refused. */
export type DetailTypes = Record<string, Record<string, DetailMember>>;

/** Characters of a text with a pattern, where `maxLength` doesn't say it: so that no pattern has much to chew. */
export const DEFAULT_DETAIL_LENGTH = 100;
const LONGEST = 1000;

/** RFC 9396 §2. */
export const authorizationDetails: Rule = value => {
  if (!Array.isArray(value)) return 'must be a list of objects, each with a type (RFC 9396 §2)';
  const wrong = value.findIndex(entry => !isRecord(entry) || typeof entry['type'] !== 'string' || entry['type'] === '');
  return wrong < 0 ? undefined : `entry ${wrong + 1} must be an object with a type (RFC 9396 §2)`;
};

export const detailTypes: Rule = value => {
  if (!isRecord(value)) return 'must give each type its members';
  for (const [type, members] of Object.entries(value)) {
    const problem = type === '' ? 'must be a type' : problemOfMembers(members);
    if (problem !== undefined) return `type ${type}: ${problem}`;
    if (isRecord(members) && 'type' in members) return `type ${type}: type is no member to describe`;
  }
  return undefined;
};

function problemOfMembers(members: unknown): string | undefined {
  if (!isRecord(members)) return 'must give each member its description';
  for (const [name, member] of Object.entries(members)) {
    const problem = problemOfMember(member);
    if (problem !== undefined) return `${name} ${problem}`;
  }
  return undefined;
}

const KINDS = ['values', 'pattern', 'minimum', 'members'];

function problemOfMember(member: unknown): string | undefined {
  if (!isRecord(member)) return 'must be an object';
  for (const [name, value] of Object.entries(member)) {
    const check = PARTS.get(name);
    if (!check) return `has ${name}, which means nothing`;
    if (!check(value)) return `has a ${name} that can't be one`;
  }
  const kinds = KINDS.filter(kind => kind in member);
  if (kinds.length !== 1) return `must have one of ${KINDS.join(', ')}`;
  if ('maxLength' in member && !('pattern' in member)) return 'has a maxLength, which goes with pattern alone';
  if ('minimum' in member !== 'maximum' in member) return 'must have both minimum and maximum';
  return 'members' in member ? problemOfMembers(member['members']) : undefined;
}

/** What each part of a description may be. */
const PARTS = new Map<string, (value: unknown) => boolean>([
  ['required', isFlag],
  ['list', isFlag],
  ['values', value => Array.isArray(value) && value.length > 0 && value.every(isScalar)],
  ['pattern', isPattern],
  ['maxLength', value => Number.isInteger(value) && Number(value) > 0 && Number(value) <= LONGEST],
  ['minimum', Number.isFinite],
  ['maximum', Number.isFinite],
  ['members', isRecord],
]);

function isFlag(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function isPattern(value: unknown): boolean {
  try {
    return typeof value === 'string' && wholly(value) instanceof RegExp;
  } catch {
    return false;
  }
}

/** The pattern of a whole text. */
export function wholly(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 'u');
}
