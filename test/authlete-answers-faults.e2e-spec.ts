import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ENDPOINTS } from '../src/authlete/index.js';
import type { Fault } from '../src/dev/authlete-emulator/index.js';
import { ask, NO_STORE, type OnEmulator, type Said, startOnEmulator } from './support/authlete-application.js';

let as: OnEmulator;

/** One second is the least that the option takes: only the call that is left hanging waits for it. */
beforeAll(async () => {
  as = await startOnEmulator({ timeout: 1 });
});
afterAll(() => as.close());
beforeEach(() => {
  as.emulator.clearFaults();
  as.events.length = 0;
});

const unavailable = { error: 'temporarily_unavailable', error_description: 'Please try again in a moment.' };
const failed = { error: 'server_error', error_description: 'The request could not be processed.' };

/** Each switch of the emulator, what the client hears, and what the log says of it. */
const FAULTS: [Fault, 500 | 503, Record<string, unknown>][] = [
  ['unauthorized', 500, { kind: 'refused', status: 401, resultCode: 'EMU-FAULT' }],
  ['forbidden', 500, { kind: 'refused', status: 403, resultCode: 'EMU-FAULT' }],
  ['too_many_requests', 503, { kind: 'rate_limited', status: 429, resultCode: 'EMU-FAULT' }],
  ['internal_server_error', 503, { kind: 'unreachable', status: 500, resultCode: 'EMU-FAULT' }],
  ['garbage', 500, { kind: 'malformed' }],
  ['disconnect', 503, { kind: 'unreachable' }],
  [
    { status: 400, body: { resultCode: 'A001215', resultMessage: 'TLS, please' } },
    500,
    { kind: 'refused', status: 400 },
  ],
  [{ status: 502, body: '<html>a proxy' }, 503, { kind: 'unreachable', status: 502 }],
  [{ status: 302, body: '' }, 500, { kind: 'refused', status: 302 }],
  [{ status: 201, body: { action: 'OK', responseContent: '{}' } }, 500, { kind: 'refused', status: 201 }],
  [{ body: '[]' }, 500, { kind: 'malformed' }],
  [{ body: 'null' }, 500, { kind: 'malformed' }],
  [{ body: '' }, 500, { kind: 'malformed' }],
  [{ body: { action: 'OK', filler: 'x'.repeat(1_100_000) } }, 500, { kind: 'malformed' }],
];
/** Those of an answer with an action. */
const ACTION_FAULTS: typeof FAULTS = [
  ['unknown_action', 500, { kind: 'malformed' }],
  ['missing_action', 500, { kind: 'malformed' }],
];

const post = (path: string) => ask(as.url + path, { form: 'client_id=1' });
const get = (path: string) => ask(as.url + path, { headers: { Authorization: 'Bearer a-token' } });
const calls: [string, () => Promise<Said>][] = [
  ['pushed_auth_req', () => post(ENDPOINTS.pushedAuthorizationRequest)],
  ['auth/token', () => post(ENDPOINTS.token)],
  ['auth/revocation', () => post(ENDPOINTS.revocation)],
  ['auth/userinfo', () => get(ENDPOINTS.userinfo)],
  ['auth/authorization', () => get(`${ENDPOINTS.authorization}?client_id=1`)],
];
const documents: [string, () => Promise<Said>][] = [
  ['service/configuration', () => get(ENDPOINTS.openidConfiguration)],
  ['service/configuration', () => get(ENDPOINTS.oauthAuthorizationServer)],
  ['service/jwks/get', () => get(ENDPOINTS.jwks)],
];
const named = (fault: Fault) => (typeof fault === 'string' ? fault : JSON.stringify(fault).slice(0, 60));
const cases = [
  ...calls.flatMap(([api, reach]) => [...FAULTS, ...ACTION_FAULTS].map(fault => ({ api, reach, fault }))),
  // a redirect is an answer for keys, and these have no action
  ...documents.flatMap(([api, reach]) =>
    FAULTS.filter(([fault]) => typeof fault === 'string').map(fault => ({ api, reach, fault })),
  ),
].map(({ fault: [fault, status, log], ...rest }) => ({ ...rest, fault, name: named(fault), status, log }));

describe('a call that fails', () => {
  it.each(cases)('E1: $api, $name: $status, and nothing of it leaves', async ({ api, reach, fault, status, log }) => {
    as.emulator.fault(api, fault);
    expectFailure(await reach(), status);
    const [event] = as.events.filter(({ level }) => level === 'error');
    expect(event).toMatchObject({ event: 'authlete_failed', api, reason: expect.any(String), ...log });
  });

  it('E1: no answer in time: 503, and nothing of it leaves', async () => {
    const all = [...calls, ...documents];
    for (const [api] of all) as.emulator.fault(api, 'timeout');
    for (const said of await Promise.all(all.map(([, reach]) => reach()))) expectFailure(said, 503);
    const late = as.events.filter(({ kind }) => kind === 'timeout').map(({ api }) => api);
    expect(new Set(late)).toEqual(new Set(all.map(([api]) => api)));
  });
});

function expectFailure(said: Said, status: 500 | 503): void {
  const retry = status === 503 ? { 'retry-after': '5' } : {};
  expect(said).toMatchObject({ status, headers: { ...NO_STORE, 'content-type': 'application/json', ...retry } });
  expect(said.json()).toEqual(status === 503 ? unavailable : failed);
  expect('retry-after' in said.headers).toBe(status === 503);
}
