import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ENDPOINTS } from '../src/authlete/index.js';
import { redact } from '../src/authlete/redact.js';
import type { Fault } from '../src/dev/authlete-emulator/index.js';
import { ask, basic, type OnEmulator, startOnEmulator } from './support/authlete-application.js';
import { HttpBrowser, rawRequest } from './support/http-browser.js';

const SECRET = 'qfd0ScLHhD-client-secret_YDg';
const REDIRECT_URI = 'https://client.example/cb';
const CLIENT = {
  clientId: '4711',
  clientSecret: SECRET,
  tokenAuthMethod: 'CLIENT_SECRET_BASIC',
  redirectUris: [REDIRECT_URI],
};
/** What clients send that nobody else may read. */
const SENT = {
  state: 'state-of-the-client',
  nonce: 'nonce-of-the-client',
  code_challenge: 'GyeodZxSpq0iyjNbEQE6N96MxomMXYpYUkfuEpvQ3Js',
  password: 'the password of alice',
  attestation: 'eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.c2lnbmF0dXJl',
};

let as: OnEmulator;
/** What has been handed out or sent on the way. */
const secrets = new Set<string>([SECRET, encodeURIComponent(SECRET), ...Object.values(SENT)]);
const learn = <T>(value: T): T => {
  if (typeof value === 'string' && value !== '') secrets.add(value);
  return value;
};

beforeAll(async () => {
  as = await startOnEmulator({ clients: [CLIENT] });
  for (const each of Object.values(as.emulator.credentials).slice(1)) secrets.add(each);
  await goodDay();
  await badDay();
});
afterAll(() => as.close());

const authorized = { ...basic('4711', SECRET), 'OAuth-Client-Attestation': SENT.attestation };
const post = (path: string, form: Record<string, string>) =>
  ask(as.url + path, { form: new URLSearchParams(form).toString(), headers: authorized });

async function goodDay(): Promise<void> {
  const { state, nonce, code_challenge, password } = SENT;
  const request = { response_type: 'code', scope: 'openid', redirect_uri: REDIRECT_URI, state, nonce };
  const pushed = await post(ENDPOINTS.pushedAuthorizationRequest, {
    ...request,
    code_challenge: '',
    client_id: '4711',
  });
  await post(ENDPOINTS.pushedAuthorizationRequest, { ...request, code_challenge, code_challenge_method: 'S512' });
  const request_uri = learn(String(pushed.json()['request_uri']));
  const browser = new HttpBrowser();
  const until = (url: string) => url.startsWith(REDIRECT_URI);
  await browser.navigate(
    `${as.url}${ENDPOINTS.authorization}?${new URLSearchParams({ client_id: '4711', request_uri })}`,
    { until },
  );
  await browser.submitForm({ username: 'alice', password }, { button: 'login', until });
  const { location } = await browser.submitForm({}, { button: 'allow', until });
  const code = learn(new URL(location ?? '').searchParams.get('code') ?? '');
  const exchange = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI };
  const tokens = (await post(ENDPOINTS.token, exchange)).json();
  const [access, refresh] = ['access_token', 'refresh_token'].map(name => learn(String(tokens[name])));
  learn(tokens['id_token']);
  await ask(as.url + ENDPOINTS.userinfo, { headers: { Authorization: `Bearer ${access}` } });
  await post(ENDPOINTS.token, exchange);
  await post(ENDPOINTS.token, { grant_type: 'refresh_token', refresh_token: refresh ?? '' });
  await post(ENDPOINTS.revocation, { token: access ?? '' });
  for (const { body } of as.emulator.calls) for (const name of ['parameters', 'ticket']) learn(body[name]);
}

/** Every refusal and every failure, with an Authlete that repeats all it knows. */
async function badDay(): Promise<void> {
  const gossip = `[A000000] ${[...secrets].slice(-3).join(' and ')}; ticket=short1 clientSecret: "short2", Bearer short3-1`;
  for (const text of ['short1', 'short2', 'short3-1']) secrets.add(text);
  const known = { resultCode: 'A000000', resultMessage: gossip, responseContent: gossip, ticket: gossip };
  const faults: Fault[] = [
    'garbage',
    'disconnect',
    { status: 403, body: known },
    { status: 500, body: known },
    { body: { ...known, action: gossip } },
    { body: { ...known, action: 'OK', dpopNonce: gossip } },
  ];
  const all = as.emulator.calls.map(({ api }) => api);
  for (const fault of faults) {
    for (const api of new Set(all)) as.emulator.fault(api, fault);
    await post(ENDPOINTS.pushedAuthorizationRequest, SENT);
    await post(ENDPOINTS.token, { code: SENT.state });
    await post(ENDPOINTS.revocation, { token: SENT.nonce });
    await ask(as.url + ENDPOINTS.userinfo, { headers: { Authorization: `Bearer ${SENT.nonce}` } });
    await ask(`${as.url}${ENDPOINTS.authorization}?${new URLSearchParams(SENT)}`);
    await ask(as.url + ENDPOINTS.jwks);
  }
  await ask(as.url + ENDPOINTS.token, { form: `state=${SENT.state}&state=${SENT.nonce}` });
  await ask(as.url + ENDPOINTS.token, { form: '', headers: { Authorization: `Bearer ${SENT.state}` } });
  const lines = [`POST /as/token HTTP/1.1`, 'Host: x', 'Content-Length: 0', `Content-Type: ${SENT.state}`];
  await rawRequest({ port: as.port, lines });
}

describe('the log', () => {
  it('E12: holds no secret, ticket, code, token or parameters', () => {
    const text = as.eventText();
    expect(secrets.size).toBeGreaterThan(20);
    expect(
      [...secrets].filter(secret => text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1))),
    ).toEqual([]);
  });

  it('E12: control: the day was a whole one', () => {
    const apis = as.emulator.calls.map(({ api }) => api);
    expect(apis).toEqual(
      expect.arrayContaining(['auth/authorization/issue', 'auth/userinfo/issue', 'auth/revocation']),
    );
  });

  it('E12: control: says of each call and each failure what an operator needs', () => {
    const names = new Set(as.events.map(({ event }) => event));
    expect([...names].toSorted()).toEqual([
      'authlete_called',
      'authlete_failed',
      'interaction_ended',
      'request_refused',
    ]);
    for (const kind of ['malformed', 'unreachable', 'refused']) {
      expect(as.events).toContainEqual(expect.objectContaining({ event: 'authlete_failed', kind, api: 'auth/token' }));
    }
    expect(as.events).toContainEqual(
      expect.objectContaining({ reason: expect.stringMatching(/\[A000000\] /), resultCode: 'A000000' }),
    );
  });
});

describe('a text that somebody else wrote', () => {
  it.each([
    ['urn:ietf:params:oauth:request_uri:UymBrux4', '[request_uri]'],
    ['eyJhbGciOiJub25lIn0.e30.x', '[jwt]'],
    ['Authorization: Basic NDcxMTpz', 'Authorization: Basic [redacted]'],
    ['{"clientSecret":"abc","a":1}', '{"clientSecret":"[redacted]","a":1}'],
    ['code=abc&state=x', 'code=[redacted]&state=x'],
    ['the ticket (Vr6ugHjAoRsKX2HYcgWKyT3rM2bXFSVA)', 'the ticket ([redacted])'],
    ['qfd0ScLHhDabcdefghijklmnopqYDg', '[redacted]'],
    ['one\r\ntwo\u2028three', 'one two three'],
  ])('E12: loses its secrets: %j', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it.each([
    '[A008303] The request URI has been used (client = 3280859750204).',
    'http://127.0.0.1:12345/as/authorization',
  ])('E12: keeps its words: %s', text => {
    expect(redact(text)).toBe(text);
  });

  it('E12: is cut, and not through a secret', () => {
    expect(redact(`${'word '.repeat(57)}the ticket Vr6ugHjAoRsKX2HYcgWKyT3rM2bXFSVA`)).not.toContain('Vr6');
    expect(redact('word '.repeat(1000)).length).toBeLessThanOrEqual(300);
  });
});
