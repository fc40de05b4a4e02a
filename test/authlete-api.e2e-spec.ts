import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger, type LoggerService } from '@nestjs/common';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { AuthleteApi, AuthleteError } from '../src/authlete/authlete-api.js';
import { readAuthleteOptions } from '../src/authlete/authlete.options.js';
import { type AuthleteEvent, AuthleteEvents } from '../src/authlete/events.js';
import { freePort } from './support/free-port.js';

/** What an HTTP server can do to its callers; the emulator is an honest one. */
let server: Server;
let elsewhere: string[];
let baseUrl: string;
let requests: { url: string | undefined; headers: IncomingMessage['headers']; body: string }[];
let reply: (response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer((request, response) => {
    void text(request).then(body => {
      const { url, headers } = request;
      if (url?.startsWith('/elsewhere')) elsewhere.push(url);
      else requests.push({ url, headers, body });
      reply(response);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  baseUrl = `http://127.0.0.1:${port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  [requests, elsewhere] = [[], []];
  says({ action: 'OK' });
});

function says(body: unknown, status = 200, headers = {}): void {
  reply = response => response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
}

const V3 = { serviceId: '4711', accessToken: 'our-token' };
const V2 = { apiKey: 'our-key', apiSecret: 'our-secret' };

function client(credential: object = V3, events: AuthleteEvent[] = []): AuthleteApi {
  const api = { baseUrl, timeout: 5, ...credential };
  const settings = { issuer: 'https://as.example', api, cookieKeys: ['k3JxW9s-Qm2VbZ7Lr0TfYp5Nc8HdGa1E'] };
  return new AuthleteApi(readAuthleteOptions(settings), new AuthleteEvents(event => void events.push(event)));
}

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'no failure',
    (error: unknown) => error,
  );

describe('a call', () => {
  it('E1: has the path and the credential of v3, or those of v2', async () => {
    await client(V3).call('auth/token', { parameters: 'é=ü&a', clientId: undefined });
    await client(V2).call('auth/authorization/issue', { ticket: 'x' });
    expect(requests).toMatchObject([
      { url: '/api/4711/auth/token', headers: { authorization: 'Bearer our-token' }, body: '{"parameters":"é=ü&a"}' },
      { url: '/api/auth/authorization/issue', headers: { authorization: `Basic ${btoa('our-key:our-secret')}` } },
    ]);
    for (const { headers } of requests) expect(headers['content-type']).toBe('application/json');
  });

  it('E1: comes back with all that Authlete says; null is absent', async () => {
    says({ action: 'OK', responseContent: null, dpopNonce: null, subject: 'alice', clientId: 4711 });
    expect(await client().call('auth/userinfo', {})).toEqual({ action: 'OK', subject: 'alice', clientId: 4711 });
  });

  it('E1, E12: follows no redirect, so that the credential stays with the host that it’s for', async () => {
    says('', 307, { location: `${baseUrl}/elsewhere` });
    expect(await failure(client().call('auth/token', { parameters: 'a' }))).toMatchObject({
      kind: 'refused',
      status: 307,
    });
    says('', 302, { location: `${baseUrl}/elsewhere` });
    expect(await failure(client().get('service/configuration'))).toMatchObject({ kind: 'refused', status: 302 });
    expect(await client().get('service/jwks/get')).toMatchObject({ status: 302, location: `${baseUrl}/elsewhere` });
    expect(elsewhere).toEqual([]);
  });

  it('E1: that never ends its answer takes no memory without end', async () => {
    let closed: () => void;
    const end = new Promise<void>(resolve => (closed = resolve));
    reply = response => {
      response.writeHead(200).on('close', () => closed());
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    };
    const error = await failure(client().call('auth/token', {}));
    expect(error).toMatchObject({ kind: 'malformed', status: 200 });
    await end;
  });

  it('E1, E12: says who failed, and why, without a secret', async () => {
    says({ resultCode: 'A001218', resultMessage: '[A001218] The token is wrong: accessToken=our-token' }, 401);
    const error = await failure(client().call('auth/token', {}));
    expect(error).toBeInstanceOf(AuthleteError);
    expect(error).toMatchObject({
      kind: 'refused',
      api: 'auth/token',
      status: 401,
      resultCode: 'A001218',
      passes: false,
      message: 'Authlete, auth/token: [A001218] The token is wrong: accessToken=[redacted]',
    });
    for (const [status, kind] of [
      [429, 'rate_limited'],
      [500, 'unreachable'],
      [503, 'unreachable'],
    ] as const) {
      says('no JSON', status);
      expect(await failure(client().call('auth/token', {}))).toMatchObject({ kind, status, passes: true });
    }
  });

  it('E1: to a closed port is unreachable', async () => {
    const error = await failure(
      client({ ...V3, baseUrl: `http://127.0.0.1:${await freePort()}` }).call('auth/token', {}),
    );
    expect(error).toMatchObject({ kind: 'unreachable', passes: true });
  });

  it('E12: is logged with its outcome and nothing of what it carried', async () => {
    const events: AuthleteEvent[] = [];
    says({ action: 'OK', resultCode: 'A050001', accessToken: 'their-token', responseContent: '{}' });
    await client(V3, events).call('auth/token', { parameters: 'code=abc' });
    const outcome = { api: 'auth/token', action: 'OK', resultCode: 'A050001', milliseconds: expect.any(Number) };
    expect(events).toEqual([{ event: 'authlete_called', level: 'debug', ...outcome }]);
  });
});

describe('events', () => {
  it('E12: go to Nest’s logger when a host wants them nowhere else, each at its level', () => {
    const said: unknown[] = [];
    const at = (level: string) => (message: unknown) => void said.push([level, message]);
    const logger: LoggerService = { debug: at('debug'), log: at('log'), warn: at('warn'), error: at('error') };
    Logger.overrideLogger(logger);
    const events = new AuthleteEvents();
    for (const level of ['debug', 'info', 'warn', 'error'] as const) {
      events.record({ event: 'something', level, list: ['code=abc'], absent: undefined, count: 1 });
    }
    Logger.overrideLogger(false);
    const event = { event: 'something', list: ['code=[redacted]'], count: 1 };
    expect(said).toEqual(['debug', 'log', 'warn', 'error'].map(level => [level, event]));
  });
});
