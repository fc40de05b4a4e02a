import { describe, expect, it } from '@jest/globals';
import { ConfigurationError, readConfiguration } from '../src/configuration.js';
import { VARIABLES } from '../src/configuration/variables.js';
import { key, minimum, mistakes, SECRET } from './support/environment.js';
import { WRONG } from './support/wrong-variables.js';

describe('every variable, wrong once', () => {
  it('is in the table below', () => {
    expect(Object.keys(WRONG)).toEqual(VARIABLES.map(({ name }) => name));
  });

  it.each(Object.entries(WRONG))('start-up: %s is refused by its name', (name, [value, text]) => {
    const found = mistakes({ ...minimum, [name]: value });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^${name} `));
    expect(found[0]).toContain(text);
  });

  it('start-up: all wrong at once are all listed, with where to read, and S3: no secret among them', () => {
    const env = Object.fromEntries(Object.entries(WRONG).map(([name, [value]]) => [name, value]));
    const named = new Set(mistakes(env).map(mistake => mistake.split(' ')[0] ?? ''));
    expect([...named].toSorted()).toEqual(Object.keys(WRONG).toSorted());
    const message = new ConfigurationError(mistakes(env)).message;
    expect(message).not.toContain(SECRET);
    expect(message).toMatch(/docs\/contract\.md#variables.*$/);
  });

  it('an empty environment lists what has to be given, and nothing has a default that is a secret', () => {
    const required = ['STORAGE_URL', 'SESSION_KEYS', 'PUBLIC_URL', 'ISSUER', 'CLIENT_ID', 'CLIENT_SECRET'];
    expect(mistakes({}).toSorted()).toEqual(required.map(name => `${name} is missing`).toSorted());
    expect(mistakes(Object.fromEntries(VARIABLES.map(({ name }) => [name, ' ']))).toSorted()).toEqual(
      mistakes({}).toSorted(),
    );
  });

  it('production wants a storage that is named, and serves no development server’s pages', () => {
    const env = { ...minimum, NODE_ENV: 'production', STORAGE_URL: '', SPA_DEV_URL: 'http://localhost:5173' };
    expect(mistakes(env)).toEqual(['SPA_DEV_URL is for development only', 'STORAGE_URL is missing']);
    expect(mistakes({ ...minimum, SPA_DEV_URL: 'http://localhost:5173' })).toEqual([]);
  });

  it.each([
    [{ PORT: '-1' }, 'PORT must be a port'],
    [{ PORT: '1.5' }, 'PORT must be a port'],
    [{ MANAGEMENT_PORT: '-1' }, 'MANAGEMENT_PORT must be a port'],
    [{ MANAGEMENT_PORT: '1.5' }, 'MANAGEMENT_PORT must be a port'],
    [{ MANAGEMENT_PORT: '65536' }, 'MANAGEMENT_PORT must be a port'],
    [{ SHUTDOWN_TIMEOUT: '0' }, 'SHUTDOWN_TIMEOUT must be a whole number'],
    [{ SHUTDOWN_TIMEOUT: '1.5' }, 'SHUTDOWN_TIMEOUT must be a whole number'],
    [{ SHUTDOWN_TIMEOUT: '3601' }, 'SHUTDOWN_TIMEOUT must be a whole number'],
    [{ WORKERS: '0' }, 'WORKERS must be a whole number from 1 to 64'],
    [{ PORT: '3003' }, 'MANAGEMENT_PORT must differ'],
    [{ PORT: '3003', HOST: '0.0.0.0' }, 'MANAGEMENT_PORT must differ'],
    [{ SESSION_ABSOLUTE_TIMEOUT: '60' }, 'SESSION_IDLE_TIMEOUT may not be longer'],
    [
      { INSECURE_COOKIES: 'true', PUBLIC_URL: 'http://localhost:3000', RESPONSE_MODE: 'form_post' },
      'RESPONSE_MODE may not be form_post with insecureCookies',
    ],
    [{ INSECURE_COOKIES: 'true' }, 'INSECURE_COOKIES may be true on loopback only'],
    [
      { ALLOWED_ORIGINS: 'https://app.example.com' },
      'ALLOWED_ORIGINS has https://app.example.com, which is another site',
    ],
    [{ API_ROUTES: '/api=http://api.internal' }, 'API_ROUTES entry 1 upstream must be https'],
    [{ HOST: '0.0.0.0', PUBLIC_URL: 'http://app.example.org' }, 'PUBLIC_URL must be https'],
    [{ AUTHORIZATION_PARAMS: 'resource=a&resource=b' }, 'AUTHORIZATION_PARAMS must give each name one value'],
  ])('%j is refused: out of bounds, or for what stands beside it', (env, mistake) => {
    expect(mistakes({ ...minimum, ...env })).toEqual([expect.stringContaining(mistake)]);
  });
});

describe('values', () => {
  it('the minimum is enough: the rest has the defaults of docs/contract.md', () => {
    const { server, bff, dangers } = readConfiguration(minimum);
    expect(server).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      managementPort: 3003,
      logLevel: 'info',
      production: false,
    });
    expect(bff.keys).toEqual([minimum.SESSION_KEYS]);
    expect(bff.frontends[0]).toMatchObject({
      publicUrl: minimum.PUBLIC_URL,
      clientSecret: minimum.CLIENT_SECRET,
      par: 'required',
    });
    expect(dangers.map(({ setting }) => setting)).toEqual(['TRUSTED_PROXIES']);
  });

  it('are read as lists, numbers, flags, queries and routes', () => {
    const keys = [key(), key()];
    const { bff, server } = readConfiguration({
      ...minimum,
      NODE_ENV: 'production',
      PORT: '0',
      MANAGEMENT_PORT: '0',
      SESSION_KEYS: keys.join(' '),
      NO_PROXY: 'localhost, .internal',
      LOGIN_RATE: '0.5',
      USERINFO: 'true',
      AUTHORIZATION_PARAMS: 'audience=https%3A%2F%2Fapi.example&prompt=login',
      API_ROUTES: '/api=https://api.example.org/a=b  /api/b=https://b.example.org',
    });
    expect(server).toMatchObject({ port: 0, production: true });
    expect(bff).toMatchObject({
      keys,
      outbound: { noProxy: ['localhost', '.internal'], timeout: 10 },
      limits: { loginRate: 0.5 },
    });
    expect(bff.frontends[0]).toMatchObject({
      userinfo: true,
      authorizationParams: { audience: 'https://api.example', prompt: 'login' },
      apiRoutes: [
        { path: '/api', upstream: 'https://api.example.org/a=b' },
        { path: '/api/b', upstream: 'https://b.example.org' },
      ],
    });
  });
});

describe('dangers', () => {
  const proxied = { ...minimum, TRUSTED_PROXIES: '10.0.0.1' };
  const loopback = { ...minimum, PUBLIC_URL: 'http://localhost:3000' };

  it.each([
    [{ ...proxied, ALLOW_HTTP_FOR: 'as.internal' }, 'ALLOW_HTTP_FOR', 'as.internal'],
    [{ ...loopback, INSECURE_COOKIES: 'true' }, 'INSECURE_COOKIES', 'Secure'],
    [{ ...proxied, PAR: 'auto' }, 'PAR', 'pushed'],
    [{ ...proxied, PAR: 'off' }, 'PAR', 'pushed'],
    [{ ...proxied, MANAGEMENT_HOST: '0.0.0.0' }, 'MANAGEMENT_HOST', 'other machines'],
    [{ ...loopback, HOST: '0.0.0.0' }, 'HOST', 'other machines'],
    [{ ...proxied, ALOWED_ORIGINS: 'https://spa.example.org' }, 'ALOWED_ORIGINS', 'ALLOWED_ORIGINS'],
    [{ ...proxied, CLIENT_SECRT_FILE: '/x' }, 'CLIENT_SECRT_FILE', 'CLIENT_SECRET_FILE'],
    [minimum, 'TRUSTED_PROXIES', 'one client’s login limit'],
  ])('start-up: danger is said loudly: %#', (env, setting, reason) => {
    expect(readConfiguration(env).dangers).toEqual([{ setting, reason: expect.stringContaining(reason) }]);
  });

  it('are none where there is none', () => {
    const env = { PAR: 'off', REQUIRE_PUSHED_AUTHORIZATION_REQUESTS: 'true', MANAGEMENT_HOST: '::1', HOST: '0.0.0.0' };
    expect(readConfiguration({ ...proxied, ...env, HOME: '/', HTTP_PROXY: 'x', PATH: '/bin' }).dangers).toEqual([]);
    expect(readConfiguration(loopback).dangers).toEqual([]);
  });
});
