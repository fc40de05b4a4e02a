import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { begin, logIn, startPair, turnClock } from './login-flow.js';
import { listen } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, startParlour } from './support/parlour.js';

/** Every character that form-encoding, base64 or the colon between the halves could spoil. */
const SECRET = 'sec:ret+with %25 / = & ? "quotes" and ünïcode-'.replace(/[^\x20-\x7e]/g, '~') + 'x'.repeat(20);

let api: Server;
let upstream: string;
beforeAll(async () => {
  api = createServer((_request, response) => void response.end('{}'));
  upstream = `http://127.0.0.1:${await listen(api)}`;
});
afterAll(() => void api.close());

describe.each([
  ['client_secret_basic', 'basic'],
  ['client_secret_post', 'post'],
])('with %s', (CLIENT_AUTH_METHOD, expected) => {
  it('B1, C1, C2, P2: PAR, token, refresh and revocation carry the same valid credentials', async () => {
    const environment = { CLIENT_SECRET: SECRET, CLIENT_AUTH_METHOD, API_ROUTES: `/api=${upstream}` };
    const { hostile, parlour, close } = await startPair(environment);
    try {
      const browser = new HttpBrowser();
      await logIn(parlour, browser);
      const script = { headers: { 'X-CSRF': '1' }, page: parlour.url };
      turnClock(290_000); // the access token is about to expire
      await browser.fetch(`${parlour.url}/api/x`, script);
      await browser.fetch(`${parlour.url}/logout`, { ...script, method: 'POST' });
      const calls = hostile.calls.filter(({ endpoint }) => ['par', 'token', 'revocation'].includes(endpoint));
      expect(new Set(calls.map(({ endpoint, grantType = '' }) => endpoint + grantType))).toEqual(
        new Set(['par', 'tokenauthorization_code', 'tokenrefresh_token', 'revocation']),
      );
      for (const call of calls) expect([call.endpoint, call.clientAuthentication]).toEqual([call.endpoint, expected]);
    } finally {
      jest.useRealTimers();
      await close();
    }
  });
});

it('C1: both halves are form-encoded before base64', async () => {
  const { hostile, parlour, close } = await startPair({ CLIENT_SECRET: SECRET });
  try {
    await begin(parlour);
    const [push] = hostile.to('par');
    const basic = Buffer.from(push?.headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString();
    const [id, secret, ...more] = basic.split(':').map(half => new URLSearchParams(`x=${half}`).get('x'));
    expect([id, secret, more]).toEqual([CLIENT_ID, SECRET, []]);
    expect(basic).toMatch(/^[\w%+*.:-]+$/);
    expect(push?.params.has('client_secret')).toBe(false);
  } finally {
    await close();
  }
});

it('B1: Parlour doesn’t start with the method none', async () => {
  const start = startParlour('http://127.0.0.1:1', { CLIENT_AUTH_METHOD: 'none' });
  await expect(start).rejects.toThrow(/CLIENT_AUTH_METHOD may not be none/);
});
