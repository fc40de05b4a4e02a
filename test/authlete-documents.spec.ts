import { globSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { ANSWERS, answer } from '../src/authlete/answer.js';
import type { AuthleteApiName } from '../src/authlete/authlete-api.js';
import { AuthleteApiOptions, AuthleteOptions } from '../src/authlete/authlete.options.js';
import { loadAccounts } from '../src/authlete/configuration/accounts-module.js';
import { EndpointServerOptions } from '../src/authlete/configuration/endpoint-server.options.js';
import { AUTHLETE_VARIABLES, type AuthleteVariable } from '../src/authlete/configuration/variables.js';
import { EndpointError } from '../src/authlete/endpoint-error.js';
import { METHODS } from '../src/authlete/endpoints.js';
import { listen } from './support/hostile/listen.js';

const page = readFileSync('docs/authlete.md', 'utf8');

/** The rows of the table under a heading; cells without decoration. */
function table(heading: string): string[][] {
  const [, section = ''] = page.split(`\n${heading}\n`);
  const [lines = ''] = section.split(/\n##/);
  const rows = lines.split('\n').filter(line => line.startsWith('| `'));
  return rows.map(row => row.split('|').slice(1, -1)).map(cells => cells.map(cell => cell.trim().replaceAll('`', '')));
}

/** `a`, `b` in a cell are two. */
const several = (cell = '') => cell.split(', ');

describe('docs/authlete.md, the endpoints', () => {
  const rows = table('## Endpoints');

  it('are those that are served, each with the methods that it takes', () => {
    expect(rows.map(([endpoint = '']) => endpoint).toSorted()).toEqual(
      [...METHODS].map(([path, methods]) => `${methods.join(', ')} ${path}`).toSorted(),
    );
  });

  it('name the API behind each', () => {
    const named = rows.flatMap(([, apis]) => several(apis));
    expect(Object.keys(ANSWERS).filter(api => !named.includes(api))).toEqual([]);
  });
});

describe('docs/authlete.md, action and answer', () => {
  const CONTENT = 'https://client.example/callback';
  const TYPES: Record<string, string> = {
    'application/json': 'JSON',
    'application/jwt': 'a JWT',
    'text/html': 'a page',
  };
  let server: Server;
  let url: string;

  /** `/?api=…&action=…` is answered as Authlete's answer would be. */
  beforeAll(async () => {
    const app = express().get('/', (request, response) => {
      const { searchParams } = new URL(request.url, url);
      // the test asks for APIs of the table
      const api = searchParams.get('api') as AuthleteApiName;
      try {
        const result = { action: searchParams.get('action') ?? '', responseContent: CONTENT };
        if (!answer(response, api, result)) response.end('it goes on');
      } catch (error) {
        if (!(error instanceof EndpointError)) throw error;
        response.status(error.status).end(`our own ${error.code}`);
      }
    });
    server = createServer(app);
    url = `http://127.0.0.1:${await listen(server)}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  async function outcome(api: string, action: string): Promise<[status: string, gets: string]> {
    const response = await fetch(`${url}/?${new URLSearchParams({ api, action })}`, { redirect: 'manual' });
    const { status, headers } = response;
    const [type = ''] = headers.get('content-type')?.split(';') ?? [];
    const body = await response.text();
    if (body === 'it goes on') return ['–', body];
    if (headers.get('location') === CONTENT) return [String(status), 'a redirect'];
    if (headers.get('www-authenticate') === CONTENT) return [String(status), 'a challenge'];
    return [String(status), body === CONTENT ? (TYPES[type] ?? type) : body || 'nothing'];
  }

  const rows = table('## Action and answer').flatMap(([apis, actions, status = '', gets = '']) =>
    several(apis).flatMap(api => several(actions).map(action => ({ api, action, status, gets: gets.split(':')[0] }))),
  );

  it('has every action of every API once', () => {
    const known = Object.entries(ANSWERS).flatMap(([api, actions]) =>
      Object.keys(actions).map(name => `${api} ${name}`),
    );
    expect(rows.map(({ api, action }) => `${api} ${action}`).toSorted()).toEqual(known.toSorted());
  });

  it.each(rows)('E1: $api, $action: $status, $gets', async ({ api, action, status, gets }) => {
    expect(await outcome(api, action)).toEqual([status, gets]);
  });
});

describe('docs/authlete.md, the variables', () => {
  const rows = table('### Variables').map(([name, option, standard, meaning]) => ({ name, option, standard, meaning }));

  it('are those that are read, in their order, and the options that they set', () => {
    expect(rows.map(({ name, option }) => [name, option])).toEqual(
      AUTHLETE_VARIABLES.map(({ name, option = '' }) => [name, option]),
    );
  });

  it('say which are secret', () => {
    expect(rows.filter(({ meaning }) => meaning?.includes('(secret)')).map(({ name }) => name)).toEqual(
      AUTHLETE_VARIABLES.filter(({ secret }) => secret).map(({ name }) => name),
    );
  });

  it.each(rows)('E14: $name has the default of the classes', ({ name, standard }) => {
    const variable = AUTHLETE_VARIABLES.find(known => known.name === name);
    expect(variable && defaultOf(variable)).toBe(standard === 'none' ? '' : standard);
  });

  function defaultOf({ option = '', server }: AuthleteVariable): string {
    if (server === 'production') return '';
    const options = option.startsWith('api.') ? new AuthleteApiOptions() : new AuthleteOptions();
    return String(
      (server ? new EndpointServerOptions()[server] : Reflect.get(options, option.replace('api.', ''))) ?? '',
    );
  }
});

describe('docs/authlete.md, the events', () => {
  it('are those that are recorded', () => {
    const sources = globSync('src/authlete/**/*.ts').map(path => readFileSync(path, 'utf8'));
    const recorded = sources.flatMap(text => [...text.matchAll(/\bevent: '(\w+)'/g)].map(([, name = '']) => name));
    const listed = table('## Events in the log').map(([name = '']) => name);
    expect(listed.toSorted()).toEqual([...new Set(recorded)].toSorted());
  });
});

describe('docs/authlete.md, the accounts', () => {
  const source = readFileSync('examples/accounts.mjs', 'utf8');

  it('shows the example as it is', () => {
    expect(page).toContain(`\`\`\`js\n${source}\`\`\`\n`);
  });

  it('E14: which can be loaded, knows one name and password, and finds the person again', async () => {
    const { accounts } = await loadAccounts('examples/accounts.mjs');
    const alice = await accounts.authenticate('alice', 'wonderland');
    expect(alice).toMatchObject({ name: 'Alice Abbott', claims: { locale: 'en' } });
    expect(await accounts.find(alice?.subject ?? '')).toEqual(alice);
    expect(await accounts.authenticate('alice', 'Wonderland')).toBeUndefined();
    expect(await accounts.authenticate('bob', 'wonderland')).toBeUndefined();
    expect(await accounts.find('bob')).toBeUndefined();
  });
});
