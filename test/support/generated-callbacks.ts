import * as fc from 'fast-check';
import { rarely, text } from './generated-protocol.js';

const words = (list: string) => list.trim().split(/\s+/);

/** Stand for what only the login under way knows. */
export type Genuine = 'code' | 'state' | 'iss';
const genuine = (name: Genuine) => `<${name}>`;

export interface GeneratedCallback {
  parameters: [string, string][];
  cookie: 'kept' | 'none' | 'spoilt' | 'renamed' | 'junk';
  /** Written as an attacker would: raw but for what would end the query. */
  raw: boolean;
}

const names = words('code state iss error error_description response session_state id_token __proto__ a[b] code[]');
const values = fc.oneof(
  fc.constantFrom(
    ...words('<code> <state> <iss> access_denied login_required invalid_request_uri https://evil.example %00 %zz x'),
  ),
  text,
);
type Edit = (pairs: [string, string][]) => [string, string][];
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.nat(2).map(
    (at): Edit =>
      pairs =>
        pairs.filter((_pair, index) => index !== at),
  ),
  fc.tuple(fc.nat(2), values).map(
    ([at, value]): Edit =>
      pairs =>
        pairs.map((pair, index) => (index === at ? [pair[0], value] : pair)),
  ),
  fc.tuple(fc.oneof(fc.constantFrom(...names), text), values).map((pair): Edit => pairs => [...pairs, pair]),
);

/** Never one that Parlour has to take for the genuine one: of that, it can't know more than state, issuer and cookie. */
export const foreignCallback: fc.Arbitrary<GeneratedCallback> = fc
  .record({
    parameters: fc.array(edit, { maxLength: 4 }).map(edits => edits.reduce((pairs, change) => change(pairs), honest())),
    cookie: rarely<GeneratedCallback['cookie']>('kept', fc.constantFrom('none', 'spoilt', 'renamed', 'junk')),
    raw: fc.boolean(),
  })
  .filter(callback => !isGenuine(callback));

const honest = (): [string, string][] => (['code', 'state', 'iss'] as const).map(name => [name, genuine(name)]);

function isGenuine({ parameters, cookie }: GeneratedCallback): boolean {
  const said = new Map(parameters);
  const kept = said.get('state') === genuine('state') && said.get('iss') === genuine('iss') && cookie === 'kept';
  return kept && said.size === parameters.length && said.has('code') && !said.has('error') && !said.has('response');
}

export function queryOf({ parameters, raw }: GeneratedCallback, login: URLSearchParams): string {
  const pairs = parameters.map(([name, value]): [string, string] => [
    name,
    value.replace(/^<(code|state|iss)>$/, (_all, which: string) => login.get(which) ?? ''),
  ]);
  const written = (part: string) =>
    Buffer.from(part)
      .toString('latin1')
      .replaceAll(/[^!-~]|#/g, escape);
  return raw ? pairs.map(pair => pair.map(written).join('=')).join('&') : new URLSearchParams(pairs).toString();
}

const escape = (character: string) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;

export function cookieOf(
  cookie: GeneratedCallback['cookie'],
  { name, value }: { name: string; value: string },
): string {
  const middle = Math.floor(value.length / 2);
  const other = value[middle] === 'A' ? 'B' : 'A';
  const spoilt = value.slice(0, middle) + other + value.slice(middle + 1);
  const junk = `__Host-Http-login.${'a'.repeat(22)}`;
  return {
    kept: `${name}=${value}`,
    none: 'x=y',
    spoilt: `${name}=${spoilt}`,
    renamed: `${junk}=${value}`,
    junk: `${name}=x`,
  }[cookie];
}
