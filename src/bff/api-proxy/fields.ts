import type { Dispatcher } from 'undici';
import { remembered } from './remembered.js';

export type Field = [name: string, value: string];

/** From the flat list of names and values that node:http and undici call raw headers. */
export function fieldsOf(raw: readonly string[]): Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < raw.length; at += 2) fields.push([raw[at] ?? '', raw[at + 1] ?? '']);
  return fields;
}

/** Values of all fields of this name (in lower case). */
export function valuesOf(fields: readonly Field[], name: string): string[] {
  return fields.filter(field => isNamed(field, name)).map(([, value]) => value);
}

/** Few names are of the same length: the rest needn't be put into lower case. */
export function isNamed([name]: Field, ...lowerCase: string[]): boolean {
  for (const one of lowerCase) if (one.length === name.length && one === name.toLowerCase()) return true;
  return false;
}

/** The flat list again. */
export function flat(fields: readonly Field[]): string[] {
  const list: string[] = [];
  for (const [name, value] of fields) list.push(name, value);
  return list;
}

/** Without what `Connection` names: those fields were for us, as the next hop (https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1). */
export function endToEnd(fields: readonly Field[]): Field[] {
  const named = membersOf(valuesOf(fields, 'connection')).map(name => name.toLowerCase());
  return fields.filter(field => !isNamed(field, ...named));
}

/** A list-valued field that says each of its members once (RFC 9110 §5.6.1). */
export function merged(values: readonly string[]): string {
  return withoutRepeats(values.join(','));
}

const withoutRepeats = remembered(list => {
  const members = new Map(membersOf([list]).map(member => [member.toLowerCase(), member]));
  return members.has('*') ? '*' : [...members.values()].join(', ');
});

export /** Of a list-valued field, in all its lines. */
function membersOf(values: readonly string[]): string[] {
  return values.flatMap(value => value.split(',').map(member => member.trim())).filter(Boolean);
}

/** What undici tells, names and values by turns. Bytes from HTTP/1.1, which are Latin-1 (RFC 9110 §5.5). */
export function flatList(headers: Dispatcher.DispatchController['rawHeaders']): string[] {
  if (Array.isArray(headers)) return headers.map(text => (typeof text === 'string' ? text : text.toString('latin1')));
  return Object.entries(headers ?? {}).flatMap(([name, value]) => [value ?? []].flat().flatMap(one => [name, one]));
}
