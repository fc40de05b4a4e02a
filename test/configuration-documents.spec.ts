import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { AuthleteApiOptions, AuthleteOptions } from '../src/authlete/authlete.options.js';
import { EndpointServerOptions } from '../src/authlete/configuration/endpoint-server.options.js';
import { AUTHLETE_VARIABLES, type AuthleteVariable } from '../src/authlete/configuration/variables.js';
import { ApiRouteOptions, BffOptions, FrontendOptions, LimitOptions, OutboundOptions } from '../src/bff/bff.options.js';
import { ServerOptions } from '../src/configuration/server.options.js';
import { VARIABLES, type Variable } from '../src/configuration/variables.js';
import { codes, tableUnder } from './support/contract.js';

const contract = readFileSync('docs/contract.md', 'utf8').split('\n## Variables')[1]?.split('\n## ')[0] ?? '';
const example = readFileSync('.env.example', 'utf8');
const schema: Schema = JSON.parse(readFileSync('docs/parlour.schema.json', 'utf8'));

interface Schema {
  $schema?: string;
  $ref?: string;
  type?: string;
  description?: string;
  default?: unknown;
  additionalProperties?: unknown;
  properties: Record<string, Schema>;
  $defs: Record<string, Schema>;
}

const rows = contract
  .split('\n')
  .filter(line => line.startsWith('| `'))
  .map(line => line.split('|').map(cell => cell.trim().replaceAll('`', '')))
  .map(([, name = '', option = '', standard = '', meaning = '']) => ({ name, option, standard, meaning }));

/** The default as the variable's text would say it; empty where there is none. */
function defaultText({ option, server }: Variable): string {
  if (server === 'production') return '';
  if (server) return said(new ServerOptions()[server]);
  const defaults = [new FrontendOptions(), new BffOptions()];
  // An option's path leads to its default: `limits.loginBurst`.
  return said(option?.split('.').reduce<unknown>((inside, key) => Object(inside)[key], Object.assign({}, ...defaults)));
}

/** The same of the endpoints. */
function authleteDefault({ option, server }: AuthleteVariable): string {
  if (server === 'production') return '';
  if (server) return said(new EndpointServerOptions()[server]);
  const [group = '', name] = option?.split('.') ?? [];
  return said(Object(name === undefined ? new AuthleteOptions() : new AuthleteApiOptions())[name ?? group]);
}

function said(value: unknown): string {
  if (Array.isArray(value)) return value.join(' ');
  if (typeof value === 'object' && value !== null) return new URLSearchParams({ ...value }).toString();
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

const REQUIRED = ['STORAGE_URL', 'SESSION_KEYS', 'PUBLIC_URL', 'ISSUER', 'CLIENT_ID', 'CLIENT_SECRET'];
const REQUIRED_BY_ENDPOINTS = [
  'AUTHLETE_BASE_URL',
  'AUTHLETE_SERVICE_ID',
  'AUTHLETE_ACCESS_TOKEN',
  'AS_ISSUER',
  'AS_COOKIE_KEYS',
  'AS_ACCOUNTS_MODULE',
];

/** How docs/contract.md says what isn't a plain value. */
const SAID: Record<string, string> = { none: '', 'the whole list': new FrontendOptions().loginParameters.join(' ') };

describe('docs/contract.md, the table of variables', () => {
  it('names the variables that are read, in their order, and the options that they set', () => {
    expect(rows.map(({ name, option }) => [name, option])).toEqual(
      VARIABLES.map(({ name, option = '' }) => [name, option]),
    );
  });

  it('says which are secret', () => {
    expect(rows.filter(({ meaning }) => meaning.includes('(secret)')).map(({ name }) => name)).toEqual(
      VARIABLES.filter(({ secret }) => secret).map(({ name }) => name),
    );
  });

  it.each(rows)('gives the default of $name as the classes have it', ({ name, standard }) => {
    const variable = VARIABLES.find(known => known.name === name);
    const cell = /^(?:development:|see the README)/.test(standard) ? '' : (SAID[standard] ?? standard);
    expect(variable && defaultText(variable)).toBe(cell);
  });

  it('has beside it what a route may have, with its defaults', () => {
    const listed = tableUnder('A route in the file').map(
      row => `${codes(row['key'])[0]} ${codes(row['default'])[0] ?? ''}`,
    );
    const known = Object.entries(new ApiRouteOptions()).map(([key, standard]) => `${key} ${said(standard)}`);
    expect(listed.toSorted()).toEqual(known.toSorted());
  });
});

describe('.env.example', () => {
  const lines = [...example.matchAll(/^# .+\n(#?)([A-Z_]+)=(.*)$/gm)].map(([, hash = '', name = '', value = '']) => ({
    hash,
    name,
    value,
  }));

  /** What both processes read stands there once. */
  const endpoints = AUTHLETE_VARIABLES.filter(({ name }) => !VARIABLES.some(of => of.name === name));

  it('names every variable with its default, one line of meaning above each', () => {
    expect(lines.map(({ name, value }) => [name, value])).toEqual([
      ...VARIABLES.map(variable => [variable.name, defaultText(variable)]),
      ...endpoints.map(variable => [variable.name, authleteDefault(variable)]),
    ]);
    expect(example.match(/^#?[A-Z_]+=/gm)).toHaveLength(VARIABLES.length + endpoints.length);
  });

  it('E14: what both processes read means the same to both', () => {
    const shared = AUTHLETE_VARIABLES.filter(variable => !endpoints.includes(variable));
    expect(shared.map(({ name }) => name)).toEqual(['NODE_ENV', 'LOG_LEVEL', 'SHUTDOWN_TIMEOUT']);
    for (const variable of shared) {
      const bff = VARIABLES.find(({ name }) => name === variable.name);
      expect([variable, authleteDefault(variable)]).toEqual([bff, bff && defaultText(bff)]);
    }
  });

  it('leaves exactly those without a # that have to be given, empty, the secrets among them', () => {
    expect(lines.filter(({ hash }) => hash === '')).toEqual(
      [...REQUIRED, ...REQUIRED_BY_ENDPOINTS].map(name => ({ hash: '', name, value: '' })),
    );
  });
});

const FILE_ONLY = ['outbound', 'limits', 'frontends', 'name', 'loginAuthorizationDetails'];

describe('every option of the BFF', () => {
  it('has a variable, but for what only the file can say', () => {
    const groups = { outbound: Object.keys(new OutboundOptions()), limits: Object.keys(new LimitOptions()) };
    const paths = Object.entries(groups).flatMap(([group, keys]) => keys.map(key => `${group}.${key}`));
    const flat = [...Object.keys(new BffOptions()), ...Object.keys(new FrontendOptions())];
    const options = [...flat.filter(key => !FILE_ONLY.includes(key)), ...paths];
    expect(VARIABLES.flatMap(({ option }) => option ?? []).toSorted()).toEqual(options.toSorted());
  });

  it('of the server, too', () => {
    expect(VARIABLES.flatMap(({ server }) => server ?? []).toSorted()).toEqual(
      Object.keys(new ServerOptions()).toSorted(),
    );
  });
});

describe('docs/parlour.schema.json', () => {
  const { frontend, apiRoute, outbound, limits } = schema.$defs;

  it('is of draft 2020-12 and closed everywhere', () => {
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    for (const part of [schema, frontend, apiRoute, outbound, limits]) expect(part?.additionalProperties).toBe(false);
  });

  it.each([
    ['frontend', new FrontendOptions(), frontend],
    ['apiRoute', new ApiRouteOptions(), apiRoute],
    ['outbound', new OutboundOptions(), outbound],
    ['limits', new LimitOptions(), limits],
  ])('has the options of %s, their defaults and a description of each', (_name, options: object, part) => {
    expect(Object.entries(part?.properties ?? {}).map(([key, { default: standard }]) => [key, standard])).toEqual(
      Object.entries(options),
    );
    for (const property of Object.values(part?.properties ?? {})) expect(property.description).toMatch(/\.$/);
  });

  it('has the shared options and those of a frontend at the top', () => {
    const { $schema: _forEditors, ...top } = schema.properties;
    const shared = Object.entries(new BffOptions());
    expect(Object.keys(top)).toEqual([...shared.map(([key]) => key), ...Object.keys(new FrontendOptions())]);
    for (const [key, value] of shared.filter(([, option]) => typeof option !== 'object' || Array.isArray(option))) {
      expect([key, top[key]?.default]).toEqual([key, value]);
    }
    for (const key of Object.keys(new FrontendOptions()))
      expect(top[key]?.$ref).toBe(`#/$defs/frontend/properties/${key}`);
  });
});
