import { afterEach, describe, expect, it } from '@jest/globals';
import { begin, isLoggedIn, logIn, metric, type Pair, startPair } from './login-flow.js';
import { HttpBrowser } from './support/http-browser.js';

let pair: Pair;
afterEach(() => pair.close());

const WITHOUT_PAR = {
  pushed_authorization_request_endpoint: undefined,
  require_pushed_authorization_requests: undefined,
};
const OPTIONAL_PAR = { require_pushed_authorization_requests: false };

/** The parameters of the URL that the browser gets, under this policy at such a server. */
async function parametersOf(
  environment: Record<string, string>,
  members: Record<string, unknown> = {},
): Promise<string[]> {
  pair = await startPair(environment);
  pair.hostile.lies.discovery = { members };
  const hop = await begin(pair.parlour);
  expect(hop.status).toBe(303);
  return [...new URL(hop.location ?? '').searchParams.keys()].toSorted();
}

const PUSHED = ['client_id', 'request_uri'];

describe('the PAR policy', () => {
  it.each(['auto', 'off'])('P9: PAR=%s gives way to a server whose metadata requires it', async PAR => {
    expect(await parametersOf({ PAR })).toEqual(PUSHED);
  });

  it.each(['auto', 'off'])('P9: PAR=%s gives way to client metadata that requires it', async PAR => {
    const REQUIRE_PUSHED_AUTHORIZATION_REQUESTS = 'true';
    expect(await parametersOf({ PAR, REQUIRE_PUSHED_AUTHORIZATION_REQUESTS }, OPTIONAL_PAR)).toEqual(PUSHED);
  });

  it('P9: auto pushes wherever there is an endpoint', async () => {
    expect(await parametersOf({ PAR: 'auto' }, OPTIONAL_PAR)).toEqual(PUSHED);
  });

  it('P9: required, the default, pushes to a server that doesn’t require it', async () => {
    expect(await parametersOf({}, OPTIONAL_PAR)).toEqual(PUSHED);
  });

  it('P9: auto without an endpoint downgrades loudly: logged and counted each time', async () => {
    const names = await parametersOf({ PAR: 'auto' }, WITHOUT_PAR);
    expect(names).toEqual(expect.arrayContaining(['client_id', 'code_challenge', 'nonce', 'state']));
    await begin(pair.parlour);
    expect(pair.parlour.events('login_started').map(({ par }) => par)).toEqual(['downgraded', 'downgraded']);
    expect(await metric(pair.parlour, 'parlour_pushes_total', 'downgraded')).toBe(2);
  });

  it('P9, B2: off sends the request through the browser, and the login works', async () => {
    const names = await parametersOf({ PAR: 'off' }, OPTIONAL_PAR);
    expect(names).toEqual(expect.arrayContaining(['code_challenge', 'code_challenge_method', 'response_type']));
    expect(pair.hostile.count('par')).toBe(0);
    const browser = new HttpBrowser();
    await logIn(pair.parlour, browser);
    expect(await isLoggedIn(pair.parlour, browser)).toBe(true);
  });

  it.each([
    ['PAR=required', {}],
    ['REQUIRE_PUSHED_AUTHORIZATION_REQUESTS', { PAR: 'auto', REQUIRE_PUSHED_AUTHORIZATION_REQUESTS: 'true' }],
  ])('P9: %s without an endpoint is a 502 whose log entry names PAR=auto', async (_what, environment) => {
    pair = await startPair(environment);
    pair.hostile.lies.discovery = { members: WITHOUT_PAR };
    const hop = await begin(pair.parlour);
    expect([hop.status, hop.location]).toEqual([502, undefined]);
    expect(pair.parlour.events('push_failed')).toEqual([
      expect.objectContaining({ outcome: 'misconfigured', error: expect.stringContaining('PAR=auto') }),
    ]);
    expect(hop.body).not.toContain('PAR=auto');
  });
});
