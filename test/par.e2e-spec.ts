import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { begin, metric, type Pair, startPair } from './login-flow.js';
import { HttpBrowser } from './support/http-browser.js';
import { type AnswerLie, pushLies } from './support/hostile-authorization-server.js';
import { type Parlour, startParlour } from './support/parlour.js';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair({ OUTBOUND_TIMEOUT: '3' });
});
afterAll(() => pair.close());
beforeEach(() => pair.hostile.beHonest());

type Name = keyof typeof pushLies;
const refused = { status: 502, code: 'authorization_server_refused_request', outcome: 'refused' };
const rejected = { status: 502, code: 'authorization_server_rejected_client', outcome: 'invalid_client' };
const broken = { status: 502, code: 'authorization_server_misconfigured', outcome: 'misconfigured' };
const unavailable = { status: 503, code: 'authorization_server_unavailable', outcome: 'unavailable', retryAfter: '5' };
const asked = { ...unavailable, retryAfter: '7' };

/** What each wrong answer comes to; `P4` the success that is none, `P5` the failures. */
const OUTCOMES: Record<Name, { status: number; code: string; outcome: string; retryAfter?: string }> = {
  '400 with a JSON error': refused,
  '400 that is no JSON': refused,
  '400 with half a JSON document': refused,
  '400 without a body': refused,
  '401 invalid_client': rejected,
  '401 invalid_client with a challenge': rejected,
  '403': refused,
  '405': refused,
  '413': refused,
  '429 with Retry-After': asked,
  '429 without Retry-After': unavailable,
  '500': unavailable,
  '503 with Retry-After': asked,
  'a status that HTTP has not': broken,
  'a redirect': broken,
  'a redirect that keeps the method': broken,
  '200 instead of 201': broken,
  '204': broken,
  'HTML instead of JSON': broken,
  'a JSON array': broken,
  'JSON null': broken,
  'no request_uri': broken,
  'an empty request_uri': broken,
  'a request_uri that is a number': broken,
  'a request_uri too long for a browser': broken,
  'no expires_in': broken,
  'expires_in 0': broken,
  'expires_in negative': broken,
  'expires_in as a string': broken,
  'expires_in with a fraction': broken,
  'expires_in null': broken,
  'expires_in beyond numbers': broken,
  'a body that breaks off': unavailable,
  'a closed connection': unavailable,
  'no answer': unavailable,
  'an answer that drips': unavailable,
  'a huge body': broken,
};

async function loginByFetch(lie: AnswerLie, { url } = pair.parlour) {
  pair.hostile.lies.par = lie;
  const headers = { accept: 'application/json', 'x-csrf': '1' };
  return new HttpBrowser().fetch(`${url}/login`, { headers, page: url });
}

const throttled = (name: string) => name.startsWith('429');

describe.each(Object.entries(OUTCOMES).filter(([name]) => !throttled(name)))(
  'when PAR answers with %s',
  (name, expected) => {
    it(`P4, P5: the login ends with ${expected.status} ${expected.code}, one push, one event, one count`, async () => {
      await checkOutcome(pushLies[name as Name], expected);
    });
  },
);

async function checkOutcome(lie: AnswerLie, expected: (typeof OUTCOMES)[Name], parlour = pair.parlour): Promise<void> {
  const before = await metric(parlour, 'parlour_pushes_total', expected.outcome);
  const logged = parlour.events('push_failed').length;
  const hop = await loginByFetch(lie, parlour);
  expect([hop.status, hop.json()['code']]).toEqual([expected.status, expected.code]);
  expect(hop.headers['retry-after']).toBe(expected.retryAfter);
  expect(hop.headers['cache-control']).toBe('no-store');
  expect(hop.setCookie).toEqual([]);
  expect(hop.body).not.toMatch(/secret reason|invalid_request"|slow_down|invalid_client|urn:/);
  const pushes = pair.hostile.count('par');
  // RFC 9126 §2: what met nobody is sent again; what was answered isn't
  if (lie.transport === 'drop' || lie.transport === 'truncate') expect([2, 3]).toContain(pushes);
  else expect(pushes).toBe(1);
  const events = parlour.events('push_failed').slice(logged);
  expect(events).toEqual([expect.objectContaining({ level: 'warn', outcome: expected.outcome })]);
  expect(events[0]?.['reference']).toBe(hop.json()['reference']);
  expect(await metric(parlour, 'parlour_pushes_total', expected.outcome)).toBe(before + 1);
}

describe('a push that met nobody', () => {
  it.each(['a closed connection', 'a body that breaks off'] as const)(
    'P5: %s: is sent again, each time with fresh credentials, and the login goes on',
    async name => {
      const before = await metric(pair.parlour, 'parlour_pushes_total', 'repeated');
      const hop = await loginByFetch({ ...pushLies[name], times: 1 });
      expect(hop.status).toBe(200);
      expect(pair.hostile.count('par')).toBe(2);
      expect(pair.parlour.events('login_started').at(-1)).toMatchObject({ par: 'pushed', attempts: 2 });
      expect(await metric(pair.parlour, 'parlour_pushes_total', 'repeated')).toBe(before + 1);
    },
  );

  it('P5: a gateway’s 502 and 504 are sent again, the server’s own 500 and 503 aren’t', async () => {
    for (const [status, pushes] of [
      [502, 2],
      [504, 2],
      [500, 1],
      [503, 1],
    ] as const) {
      pair.hostile.beHonest();
      const hop = await loginByFetch({ status, body: '', times: 1 });
      expect([status, hop.status, pair.hostile.count('par')]).toEqual([status, pushes === 2 ? 200 : 503, pushes]);
    }
  });

  it('P5: the time for all attempts is that of one call', async () => {
    const hop = await loginByFetch(pushLies['no answer']);
    expect(hop.status).toBe(503);
    expect(pair.hostile.count('par')).toBe(1);
  });
});

describe('a refused push', () => {
  it('P5: error_description goes to the log with the server’s code, and not to the browser', async () => {
    const hop = await loginByFetch(pushLies['400 with a JSON error']);
    expect(hop.body).not.toContain('secret reason');
    expect(pair.parlour.events('push_failed').at(-1)).toMatchObject({
      status: 400,
      error: 'invalid_request',
      errorDescription: 'secret reason',
    });
  });

  it('P5: refused credentials raise an alarm: an event at level error', async () => {
    await loginByFetch(pushLies['401 invalid_client with a challenge']);
    expect(pair.parlour.events('client_rejected').at(-1)).toMatchObject({
      level: 'error',
      endpoint: 'par',
      status: 401,
    });
  });

  it('P5: Retry-After is never 0, and a date falls back to our own', async () => {
    const retryAfter = async (value: string) => {
      const lie = { status: 503, headers: { 'retry-after': value }, body: '' };
      return (await loginByFetch(lie)).headers['retry-after'];
    };
    expect(await retryAfter('0')).toBe('1');
    expect(await retryAfter('Wed, 21 Oct 2026 07:28:00 GMT')).toBe('5');
    expect(await retryAfter('999999999')).toBe('3600');
  });

  it('P5: to a navigation it’s a page with a reference and a button, never JSON', async () => {
    pair.hostile.lies.par = pushLies['500'];
    const hop = await begin(pair.parlour, { return_to: '/orders' });
    expect(hop.status).toBe(503);
    expect(hop.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(hop.body).toContain(String(pair.parlour.events('push_failed').at(-1)?.['reference']));
    expect(hop.body).toMatch(/<a href="\/login/);
  });

  it('P4: an answer may begin with a byte order mark', async () => {
    const answer = await loginByFetch({ body: '\ufeff{"request_uri":"urn:x:1","expires_in":60}' });
    expect(answer.status).toBe(200);
  });

  it('P5: after the failure the next login works', async () => {
    pair.hostile.lies.par = { ...pushLies['500'], times: 1 };
    expect((await begin(pair.parlour)).status).toBe(503);
    expect((await begin(pair.parlour)).status).toBe(303);
  });
});

describe.each(Object.entries(OUTCOMES).filter(([name]) => throttled(name)))(
  'when PAR answers with %s',
  (name, expected) => {
    let parlour: Parlour;
    // the pause that follows is a matter of push-limits.e2e-spec.ts
    beforeAll(async () => {
      parlour = await startParlour(pair.hostile.issuer);
    });
    afterAll(() => parlour.close());

    it(`P5: the login ends with ${expected.status} ${expected.code}, one push, one event, one count`, async () => {
      await checkOutcome(pushLies[name as Name], expected, parlour);
    });
  },
);
