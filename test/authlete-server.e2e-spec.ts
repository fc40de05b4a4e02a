import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { LoggerService } from '@nestjs/common';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ENDPOINTS } from '../src/authlete/index.js';
import { type AuthleteConfiguration, type RunningAuthleteServer, startAuthleteServer } from '../src/authlete/server.js';
import { type RunningEmulator, startAuthleteEmulator } from '../src/dev/authlete-emulator/index.js';
import { registeredService } from '../src/development/authlete-registration.js';
import { type Certificate, type Credential, selfSigned, selfSignedClient } from './support/certificates.js';
import { freePort } from './support/free-port.js';
import { until } from './support/parlour.js';

const accounts = { authenticate: async () => undefined, find: async () => undefined };

let emulator: RunningEmulator | undefined;
let server: RunningAuthleteServer | undefined;
let certificate: Certificate;
let stranger: Credential;

beforeAll(async () => {
  certificate = await selfSigned('127.0.0.1');
  stranger = await selfSignedClient({ subject: 'CN=stranger' });
});
afterEach(async () => {
  await server?.close();
  await emulator?.close();
  server = undefined;
  emulator = undefined;
});

interface Started {
  port: number;
  url: string;
  log: Record<string, unknown>[];
}

/** On an emulator that knows what is served; `changes` to what is usual. */
async function start(changes: Partial<AuthleteConfiguration> = {}, issuer?: string): Promise<Started> {
  const port = changes.port ?? (await freePort());
  const scheme = changes.tls === undefined ? 'http' : 'https';
  const wanted = issuer ?? `${scheme}://127.0.0.1:${port}`;
  emulator ??= await startAuthleteEmulator({ port: 0 });
  if (issuer === undefined) emulator.set({ service: registeredService(wanted) });
  const { serviceId, accessToken } = emulator.credentials;
  const api = { baseUrl: emulator.url, serviceId, accessToken, timeout: 1 };
  const cookieKeys = [randomBytes(32).toString('base64url')];
  const options = { issuer: wanted, api, cookieKeys };
  const process = { host: '127.0.0.1', port, production: false, logLevel: 'info' as const };
  const log: Record<string, unknown>[] = [];
  server = await startAuthleteServer({ ...process, options, ...changes }, { accounts }, recorder(log));
  return { port, url: server.url, log };
}

function recorder(lines: Record<string, unknown>[]): LoggerService {
  const add = (level: string) => (message: unknown) =>
    void lines.push({ level, ...(typeof message === 'object' ? message : { message }) });
  return { log: add('info'), debug: add('debug'), warn: add('warn'), error: add('error'), fatal: add('fatal') };
}

/** A connection on which one request has been answered, so that whatever the server says about sessions has come. */
async function connected(port: number, more: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca: certificate.cert, ...more });
  await once(socket, 'secureConnect');
  socket.write(`GET ${ENDPOINTS.jwks} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 /);
  return socket;
}

describe('the endpoints over TLS of their own', () => {
  it('E3: a client may show any certificate, or none: Authlete is the judge', async () => {
    const { port, url } = await start({ tls: certificate });
    expect(url).toBe(`https://127.0.0.1:${port}`);
    (await connected(port)).destroy();
    (await connected(port, { cert: stranger.cert, key: stranger.key })).destroy();
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'E3: no %s session is resumed, as its certificate would come without the chain',
    async version => {
      const { port } = await start({ tls: certificate });
      const options = { cert: stranger.cert, key: stranger.key, minVersion: version, maxVersion: version };
      const first = await connected(port, options);
      expect(first.getProtocol()).toBe(version);
      const session = first.getSession();
      expect(session).toBeDefined();
      const second = await connected(port, { ...options, ...(session && { session }) });
      expect([first.isSessionReused(), second.isSessionReused()]).toEqual([false, false]);
      first.destroy();
      second.destroy();
    },
  );

  it('refuses TLS 1.1', async () => {
    const { port } = await start({ tls: certificate });
    const old = { minVersion: 'TLSv1' as const, maxVersion: 'TLSv1.1' as const, ciphers: 'DEFAULT@SECLEVEL=0' };
    await expect(connected(port, old)).rejects.toThrow();
  });
});

describe('the server of the endpoints', () => {
  it('tells nothing of what it is built with', async () => {
    const { url } = await start();
    const response = await fetch(url + ENDPOINTS.openidConfiguration);
    expect([response.status, response.headers.get('x-powered-by')]).toEqual([200, null]);
  });

  it('lets the request under way finish at its end, and takes no other', async () => {
    const { url } = await start();
    emulator?.fault('pushed_auth_req', 'timeout');
    const pushed = fetch(url + ENDPOINTS.pushedAuthorizationRequest, { method: 'POST', body: new URLSearchParams() });
    await until('Authlete has been asked', () => emulator?.calls.some(({ api }) => api === 'pushed_auth_req'));
    const closed = server?.close();
    await until('nobody else is let in', () =>
      fetch(url).then(
        () => false,
        () => true,
      ),
    );
    expect((await pushed).status).toBe(503);
    await closed;
  });

  it('cuts what takes longer than shutdownTimeout', async () => {
    const { url } = await start({ shutdownTimeout: 1 });
    const endless = fetch(url + ENDPOINTS.token, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new ReadableStream(),
      duplex: 'half',
    } as RequestInit);
    const cut = expect(endless).rejects.toThrow();
    const other = await fetch(url + ENDPOINTS.jwks);
    await other.arrayBuffer();
    await server?.close();
    await cut;
  });

  it('names the port that is taken, and the variable that chooses another', async () => {
    const { port, url } = await start();
    const first = server;
    await expect(start({ port }, url)).rejects.toThrow(
      `it can’t listen on 127.0.0.1:${port} (AS_PORT): another program listens there`,
    );
    await first?.close();
  });

  it('E13: doesn’t start for a service that is about another server, and says what differs instead of the port', async () => {
    const { url } = await start();
    const first = server;
    const other = start({}, 'https://as.example.org');
    await expect(other).rejects.toThrow(`issuer is "${url}", and has to be https://as.example.org`);
    await expect(other).rejects.not.toThrow('listen');
    await first?.close();
  });

  it('E14: says its dangers once, and in production that sessions are in memory', async () => {
    const danger = { setting: 'AS_ISUER', reason: 'isn’t read' };
    const { log } = await start({ production: true, dangers: [danger] });
    expect(log.filter(({ event }) => event === 'configuration_danger')).toEqual([
      { level: 'warn', event: 'configuration_danger', ...danger },
      {
        level: 'warn',
        event: 'configuration_danger',
        setting: 'AS_ACCOUNTS_MODULE',
        reason: expect.stringContaining('sessions are kept in memory'),
      },
    ]);
    await server?.close();
    const quiet = await start({});
    expect(quiet.log.filter(({ level }) => level !== 'info')).toEqual([]);
  });
});
