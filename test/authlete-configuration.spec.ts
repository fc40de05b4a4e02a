import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigurationError, loadAccounts, readAuthleteConfiguration } from '../src/authlete/configuration.js';
import { AUTHLETE_VARIABLES } from '../src/authlete/configuration/variables.js';
import { selfSigned } from './support/certificates.js';

const folder = mkdtempSync(join(tmpdir(), 'authlete-configuration-'));
const key = () => randomBytes(32).toString('base64url');
const SECRET = 'hunter2hunter2';

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** What has to be given, and nothing else. */
const minimum = {
  AUTHLETE_BASE_URL: 'https://api.authlete.example',
  AUTHLETE_SERVICE_ID: '4711',
  AUTHLETE_ACCESS_TOKEN: key(),
  AS_ISSUER: 'https://as.example.org',
  AS_COOKIE_KEYS: key(),
  AS_ACCOUNTS_MODULE: file('accounts.mjs', 'export const accounts = { authenticate() {}, find() {} };'),
};
const { AUTHLETE_SERVICE_ID: _id, AUTHLETE_ACCESS_TOKEN: _ofV3, ...uncredentialed } = minimum;
const v2 = { ...uncredentialed, AUTHLETE_API_KEY: '4711', AUTHLETE_API_SECRET: key() };

/** Where a certificate and its key are, and a key that isn't its. */
const tls = { key: '', cert: '', other: '' };

beforeAll(async () => {
  const [own, other] = [await selfSigned('localhost'), await selfSigned('localhost')];
  tls.key = file('key.pem', own.key);
  tls.cert = file('cert.pem', own.cert);
  tls.other = file('other.pem', other.key);
});
afterAll(() => rmSync(folder, { recursive: true }));

function mistakes(env: Record<string, string>): string[] {
  try {
    readAuthleteConfiguration(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

/** Every variable, wrong once. */
const WRONG: Record<string, [string, string]> = {
  NODE_ENV: ['prod', 'must be production, development or test'],
  LOG_LEVEL: ['loud', 'must be one of debug, info, warn, error'],
  SHUTDOWN_TIMEOUT: ['10s', 'must be a whole number of seconds'],
  AUTHLETE_BASE_URL: [`https://u:${SECRET}@api.authlete.example`, 'may not have a user name or password'],
  AUTHLETE_SERVICE_ID: ['../4711', 'must be the number of the service'],
  AUTHLETE_ACCESS_TOKEN: [`${SECRET} ${SECRET}`, 'must be visible ASCII characters'],
  AUTHLETE_API_KEY: ['47:11', 'may not have a colon'],
  AUTHLETE_API_SECRET: [`${SECRET} ${SECRET}`, 'must be visible ASCII characters'],
  AUTHLETE_TIMEOUT: ['0', 'must be a whole number from 1 to 60'],
  AS_ISSUER: ['https://as.example.org/tenant', 'must be an origin alone'],
  AS_HOST: ['http://x', 'must be an IP address or a host name'],
  AS_PORT: ['70000', 'must be a port'],
  AS_TLS_KEY_FILE: ['/nowhere/key.pem', 'must be a file'],
  AS_TLS_CERT_FILE: ['/nowhere/cert.pem', 'must be a file'],
  TRUSTED_TLS_TERMINATOR: ['apache 127.0.0.1', 'must be one of nginx, rfc9440'],
  AS_COOKIE_KEYS: [`${key()} ${SECRET}`, 'must have 32 characters or more'],
  AS_SESSION_TIMEOUT: ['8h', 'must be a whole number'],
  AS_ACCOUNTS_MODULE: ['/nowhere/accounts.mjs', 'must be a file'],
};

describe('every variable of the endpoints, wrong once', () => {
  it('is in the table below', () => {
    expect(Object.keys(WRONG)).toEqual(AUTHLETE_VARIABLES.map(({ name }) => name));
  });

  it.each(Object.entries(WRONG))('E14: %s is refused by its name, and nothing else is', (name, [value, text]) => {
    const found = mistakes({ ...(name.startsWith('AUTHLETE_API') ? v2 : minimum), [name]: value });
    expect(found).toEqual([expect.stringMatching(new RegExp(`^${name}.* ${text}`))]);
    expect(found.join('\n')).not.toContain(SECRET);
  });

  it('E14: all wrong at once are all listed, with where to read, and E12: no secret among them', () => {
    const env = Object.fromEntries(Object.entries(WRONG).map(([name, [value]]) => [name, value]));
    const named = new Set(mistakes(env).map(mistake => mistake.split(' ')[0] ?? ''));
    expect([...named].toSorted()).toEqual(Object.keys(WRONG).toSorted());
    const { message } = new ConfigurationError(mistakes(env), 'docs/authlete.md#variables');
    expect(message).not.toContain(SECRET);
    expect(message).toMatch(/docs\/authlete\.md#variables.*$/);
  });

  it('E14: an empty environment lists what has to be given, so nothing has a default that is a secret', () => {
    expect(mistakes({}).toSorted()).toEqual([
      'AS_ACCOUNTS_MODULE is missing',
      'AS_COOKIE_KEYS is missing',
      'AS_ISSUER is missing',
      expect.stringMatching(/^AUTHLETE_ACCESS_TOKEN is missing: .*AUTHLETE_SERVICE_ID.*AUTHLETE_API_KEY/),
      'AUTHLETE_BASE_URL is missing',
    ]);
    const blank = Object.fromEntries(AUTHLETE_VARIABLES.map(({ name }) => [name, ' ']));
    expect(mistakes(blank)).toEqual(mistakes({}));
  });

  it.each([
    [{ ...minimum, AUTHLETE_API_KEY: '1' }, 'AUTHLETE_API_KEY may not stand beside'],
    [{ ...v2, AUTHLETE_API_SECRET: '' }, 'AUTHLETE_API_SECRET is missing'],
    [{ ...minimum, AUTHLETE_SERVICE_ID: '' }, 'AUTHLETE_SERVICE_ID is missing'],
    [{ ...minimum, AUTHLETE_BASE_URL: 'http://api.authlete.example' }, 'AUTHLETE_BASE_URL must be https'],
    [{ ...minimum, AUTHLETE_BASE_URL: 'api.authlete.example' }, 'AUTHLETE_BASE_URL must be an https URL'],
    [{ ...minimum, AS_ISSUER: 'http://as.example.org' }, 'AS_ISSUER must be https'],
    [{ ...minimum, AS_COOKIE_KEYS: 'a'.repeat(64) }, 'AS_COOKIE_KEYS entry 1 is weak'],
    [{ ...minimum, AS_HOST: '0.0.0.0' }, 'AS_HOST lets other machines in over plain http'],
    [{ ...minimum, AS_HOST: '10.1.2.3' }, 'AS_HOST lets other machines in over plain http'],
    [{ ...minimum, TRUSTED_TLS_TERMINATOR: 'nginx' }, 'TRUSTED_TLS_TERMINATOR addresses must be a list'],
    [{ ...minimum, TRUSTED_TLS_TERMINATOR: 'nginx 10.0.0.0/8 any' }, 'TRUSTED_TLS_TERMINATOR addresses entry 2'],
  ])('E14: is refused for what stands beside it, or for being a danger: %#', (env, mistake) => {
    expect(mistakes(env)).toEqual([expect.stringContaining(mistake)]);
  });
});

describe('a certificate of the endpoints’ own', () => {
  const withTls = (keyFile: string, certFile: string) => ({
    ...minimum,
    AS_TLS_KEY_FILE: keyFile,
    AS_TLS_CERT_FILE: certFile,
  });

  it('is read with its key, and then the endpoints may be reached from other machines', () => {
    const env = { ...withTls(tls.key, tls.cert), AS_HOST: '0.0.0.0' };
    expect(readAuthleteConfiguration(env).tls).toEqual({
      key: expect.stringContaining('PRIVATE KEY'),
      cert: expect.stringContaining('CERTIFICATE'),
    });
  });

  it('E14: goes with a key, with that key, and with an https issuer', () => {
    expect(mistakes(withTls(tls.key, ''))).toEqual([expect.stringMatching(/^AS_TLS_CERT_FILE is missing: /)]);
    expect(mistakes(withTls('', tls.cert))).toEqual([expect.stringMatching(/^AS_TLS_KEY_FILE is missing: /)]);
    for (const [keyFile, certFile] of [
      [tls.other, tls.cert],
      [tls.cert, tls.key],
      [tls.key, file('rubbish.pem', SECRET)],
    ] as const) {
      expect(mistakes(withTls(keyFile, certFile))).toEqual([
        expect.stringMatching(/^AS_TLS_CERT_FILE doesn't hold a certificate \(PEM\) for the key/),
      ]);
      expect(mistakes(withTls(keyFile, certFile)).join()).not.toMatch(new RegExp(`${SECRET}|BEGIN`));
    }
    expect(mistakes({ ...withTls(tls.key, tls.cert), AS_ISSUER: 'http://localhost:3011' })).toEqual([
      expect.stringMatching(/^AS_TLS_CERT_FILE is set, but AS_ISSUER is http/),
    ]);
  });
});

describe('values of the endpoints', () => {
  it('the minimum is enough: API v3, on loopback, for one service', () => {
    const { options, ...server } = readAuthleteConfiguration(minimum);
    expect(server).toEqual({
      production: false,
      host: '127.0.0.1',
      port: 3011,
      logLevel: 'info',
      shutdownTimeout: 10,
      accountsModule: minimum.AS_ACCOUNTS_MODULE,
      dangers: [],
    });
    expect(options).toEqual({
      issuer: minimum.AS_ISSUER,
      api: {
        baseUrl: minimum.AUTHLETE_BASE_URL,
        serviceId: '4711',
        accessToken: minimum.AUTHLETE_ACCESS_TOKEN,
        timeout: 10,
      },
      cookieKeys: [minimum.AS_COOKIE_KEYS],
      sessionTimeout: 28_800,
      bodyLimit: 65_536,
    });
  });

  it('are read from the environment, and from files where they are secret', () => {
    const keys = [key(), key()];
    const { AS_COOKIE_KEYS: _keys, AUTHLETE_API_SECRET: secret, ...rest } = v2;
    const { options, ...server } = readAuthleteConfiguration({
      ...rest,
      NODE_ENV: 'production',
      AS_COOKIE_KEYS_FILE: file('keys', `${keys.join(' ')}\n`),
      AUTHLETE_API_SECRET_FILE: file('secret', `${secret}\r\n`),
      AUTHLETE_TIMEOUT: '5',
      AS_SESSION_TIMEOUT: '600',
      AS_HOST: '0.0.0.0',
      AS_PORT: '0',
      TRUSTED_TLS_TERMINATOR: 'rfc9440  127.0.0.1 10.0.0.0/8',
    });
    expect(server).toMatchObject({ production: true, host: '0.0.0.0', port: 0 });
    expect(options).toMatchObject({
      api: { apiKey: '4711', apiSecret: secret, timeout: 5 },
      cookieKeys: keys,
      sessionTimeout: 600,
      trustedTlsTerminator: { style: 'rfc9440', addresses: ['127.0.0.1', '10.0.0.0/8'] },
    });
  });

  it('E14: a file with a secret is refused beside the variable, when it can’t be read, and when it is empty; once each', () => {
    const { AS_COOKIE_KEYS: _keys, AUTHLETE_ACCESS_TOKEN: _token, ...rest } = minimum;
    expect(mistakes({ ...minimum, AS_COOKIE_KEYS_FILE: file('both', key()) })).toEqual([
      'AS_COOKIE_KEYS_FILE stands beside AS_COOKIE_KEYS: only one of them may be set',
    ]);
    const env = { AS_COOKIE_KEYS_FILE: join(folder, 'none'), AUTHLETE_ACCESS_TOKEN_FILE: file('empty', '\n') };
    expect(mistakes({ ...rest, ...env })).toEqual([
      'AUTHLETE_ACCESS_TOKEN_FILE is an empty file',
      "AS_COOKIE_KEYS_FILE can't be read (ENOENT)",
    ]);
  });

  it('E14: a variable that isn’t read is told, without its value', () => {
    const env = { ...minimum, AUTHLETE_TOKEN: SECRET, AS_ISUER: 'https://x', AS_COOKIE_KEYS_FIL: 'x', ASDF: 'x' };
    const { dangers } = readAuthleteConfiguration(env);
    expect(dangers?.map(({ setting }) => setting)).toEqual(['AUTHLETE_TOKEN', 'AS_ISUER', 'AS_COOKIE_KEYS_FIL']);
    expect(JSON.stringify(dangers)).not.toContain(SECRET);
  });
});

describe('AS_ACCOUNTS_MODULE', () => {
  it('exports the accounts, and a store for the sessions if it likes', async () => {
    expect(await loadAccounts(minimum.AS_ACCOUNTS_MODULE)).toEqual({
      accounts: { authenticate: expect.any(Function), find: expect.any(Function) },
    });
    const store = 'export const sessionStore = { get() {}, set() {}, destroy() {} };';
    const path = file('both.mjs', `export { accounts } from './accounts.mjs';\n${store}`);
    expect(await loadAccounts(path)).toHaveProperty('sessionStore');
  });

  it.each([
    ['export default {};', 'must export accounts, with the functions authenticate and find'],
    ['export const accounts = { authenticate() {} };', 'must export accounts, with the functions'],
    ['export * from "./accounts.mjs"; export const sessionStore = {};', 'exports a sessionStore that is no Store'],
    ['throw new Error("no database");', 'can’t be loaded: no database'],
    ['import "./nowhere.mjs";', 'can’t be loaded: '],
  ])('E14: is refused with the reason: %s', async (source, reason) => {
    const path = file(`accounts-${randomBytes(4).toString('hex')}.mjs`, source);
    await expect(loadAccounts(path)).rejects.toThrow(`- AS_ACCOUNTS_MODULE ${reason}`);
  });
});
