import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readConfiguration } from '../src/configuration.js';
import { minimum, mistakes, SECRET } from './support/environment.js';

const folder = mkdtempSync(join(tmpdir(), 'configuration-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('<NAME>_FILE', () => {
  const { SESSION_KEYS: keys, CLIENT_SECRET: secret, ...rest } = minimum;

  it('holds a secret, whose line break at the end is none of it', () => {
    const env = { SESSION_KEYS_FILE: file('keys', `${keys}\n`), CLIENT_SECRET_FILE: file('secret', `${secret}\r\n`) };
    const { bff } = readConfiguration({ ...rest, ...env });
    expect([bff.keys[0], bff.frontends[0]?.clientSecret]).toEqual([keys, secret]);
  });

  it('is refused beside the variable, when it can’t be read, and when it is empty; once each', () => {
    expect(mistakes({ ...minimum, CLIENT_SECRET_FILE: file('both', secret) })).toEqual([
      'CLIENT_SECRET_FILE stands beside CLIENT_SECRET: only one of them may be set',
    ]);
    const env = { ...rest, SESSION_KEYS_FILE: join(folder, 'none'), CLIENT_SECRET_FILE: file('empty', '\n') };
    expect(mistakes(env)).toEqual(["SESSION_KEYS_FILE can't be read (ENOENT)", 'CLIENT_SECRET_FILE is an empty file']);
  });

  it('S3: is named when what it holds is wrong, and quoted never', () => {
    const found = mistakes({ ...rest, SESSION_KEYS: keys, CLIENT_SECRET_FILE: file('weak', SECRET) });
    expect(found).toEqual(['CLIENT_SECRET_FILE is weak: it must have 16 characters or more']);
  });
});

describe('CONFIG_FILE', () => {
  it('says the same with the option’s name, and a variable wins', () => {
    const content = { $schema: 'x', scope: 'openid', loginTimeout: 60, limits: { loginBurst: 5, loginRate: 2 } };
    const { bff } = readConfiguration({
      ...minimum,
      CONFIG_FILE: file('a.json', content),
      SCOPE: 'openid email',
      LOGIN_BURST: '7',
    });
    expect(bff.frontends[0]).toMatchObject({ scope: 'openid email', loginTimeout: 60 });
    expect(bff.limits).toMatchObject({ loginBurst: 7, loginRate: 2 });
  });

  it('says what the environment can’t: frontends, and routes with options', () => {
    const route = { path: '/api', upstream: 'https://api.example.org', timeout: 5, location: 'pass' };
    const frontends = [
      { name: 'a', apiRoutes: [route] },
      { name: 'b', publicUrl: 'https://b.example.org' },
    ];
    const { bff } = readConfiguration({ ...minimum, CONFIG_FILE: file('b.json', { frontends }) });
    expect(bff.frontends.map(({ name, publicUrl }) => `${name} ${publicUrl}`)).toEqual([
      `a ${minimum.PUBLIC_URL}`,
      'b https://b.example.org',
    ]);
    expect(bff.frontends[0]?.apiRoutes).toEqual([expect.objectContaining(route)]);
  });

  it('names a mistake in it by its place', () => {
    const content = {
      isuer: 'x',
      server: {},
      limits: { loginBurst: '5' },
      frontends: [{ par: 'x', apiRoutes: [{ path: '/api' }] }],
    };
    const found = mistakes({ ...minimum, LOGIN_RATE: 'x', CONFIG_FILE: file('c.json', content) });
    expect(found.toSorted()).toEqual([
      'CONFIG_FILE /frontends/0/apiRoutes/0/upstream is missing',
      'CONFIG_FILE /frontends/0/par must be one of required, auto, off',
      'CONFIG_FILE /isuer is no option; the nearest is issuer',
      'CONFIG_FILE /limits/loginBurst must be a whole number from 1 to 1000000',
      expect.stringMatching(/^CONFIG_FILE \/server is no option/),
      'LOGIN_RATE must be a positive number',
    ]);
  });

  it('may not hide a wrong group behind a variable', () => {
    const found = mistakes({ ...minimum, LOGIN_BURST: '7', CONFIG_FILE: file('d.json', { limits: 'none' }) });
    expect(found).toEqual(['CONFIG_FILE /limits must be an object']);
  });

  it('S3: is refused when it isn’t JSON, by the place and without a word of what it holds', () => {
    for (const text of [`{"clientSecret": "${SECRET}" x}`, `{"clientSecret": ${SECRET}}`, SECRET]) {
      const found = mistakes({ CONFIG_FILE: file('e.json', text) });
      expect(found).toEqual([expect.stringMatching(/^CONFIG_FILE isn't JSON(?: \(line 1 column \d+\))?$/)]);
    }
    expect(mistakes({ ...minimum, CONFIG_FILE: file('f.json', []) })).toEqual(['CONFIG_FILE must hold a JSON object']);
  });
});
