import { BffError } from '../errors.js';
import type { Frontend } from '../frontend.js';
import {
  DEFAULT_DETAIL_LENGTH,
  type DetailMember,
  type DetailTypes,
  wholly,
} from '../options/authorization-details.js';
import { isRecord } from '../options/rules.js';

/** Of details, and of a list in one. */
const MOST_ENTRIES = 10;

/**
 * The `authorization_details` (RFC 9396) that the browser asks for: each of a type, and with members, that `loginAuthorizationDetails` describes.
 * What comes out is what was checked, written anew: no two readers of one text can differ (a member that comes twice, a number too large).
 */
export function checkedAuthorizationDetails(value: string, { options }: Frontend): string {
  const details = parsed(value);
  const known = listOf(details, detail => fitsType(detail, options.loginAuthorizationDetails));
  if (!known) throw new BffError('invalid_login_parameter');
  return JSON.stringify(details);
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch (cause) {
    throw new BffError('invalid_login_parameter', { cause });
  }
}

function fitsType(detail: unknown, types: DetailTypes): boolean {
  if (!isRecord(detail)) return false;
  const { type, ...members } = detail;
  const described = typeof type === 'string' && Object.hasOwn(types, type) ? types[type] : undefined;
  return described !== undefined && fitsMembers(members, described);
}

/** Every member described, and everything required there. */
function fitsMembers(value: unknown, members: Record<string, DetailMember>): boolean {
  if (!isRecord(value)) return false;
  const described = Object.entries(value).every(([name, entry]) => {
    const member = Object.hasOwn(members, name) ? members[name] : undefined;
    return member !== undefined && fits(entry, member);
  });
  return described && Object.keys(members).every(name => !members[name]?.required || Object.hasOwn(value, name));
}

function fits(value: unknown, member: DetailMember): boolean {
  return member.list ? listOf(value, entry => fitsOne(entry, member)) : fitsOne(value, member);
}

function fitsOne(value: unknown, { values, pattern, maxLength, minimum, maximum, members }: DetailMember): boolean {
  if (members) return fitsMembers(value, members);
  if (values) return values.some(allowed => allowed === value);
  if (pattern === undefined) return typeof value === 'number' && value >= Number(minimum) && value <= Number(maximum);
  return (
    typeof value === 'string' && value.length <= (maxLength ?? DEFAULT_DETAIL_LENGTH) && wholly(pattern).test(value)
  );
}

function listOf(value: unknown, rule: (entry: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length > 0 && value.length <= MOST_ENTRIES && value.every(rule);
}
