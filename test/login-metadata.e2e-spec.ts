import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Frontends } from '../src/bff/index.js';
import { begin } from './login-flow.js';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour, until } from './support/parlour.js';

let hostile: Hostile;

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
});
afterAll(() => hostile.close());

async function startAgainst(members: Record<string, unknown>, environment = {}): Promise<Parlour> {
  hostile.lies = { discovery: { members } };
  const parlour = await startParlour(hostile.issuer, environment);
  parlour.server.app.get(Frontends).prepare();
  return parlour;
}

async function whatWasSaid(parlour: Parlour): Promise<string> {
  const [said] = await until('the metadata was read', () => {
    const failures = parlour.events('discovery_failed');
    return failures.length > 0 && failures;
  });
  return String(said?.['reason']);
}

describe('metadata that the configuration can’t live with', () => {
  it('P9: a server without PAR is told of at start-up, with PAR=auto and what is lost, and no login begins', async () => {
    const parlour = await startAgainst({ pushed_authorization_request_endpoint: undefined });
    expect(await whatWasSaid(parlour)).toMatch(/PAR=auto.*through the browser/);
    const hop = await begin(parlour);
    expect([hop.status, hop.body]).toEqual([502, expect.not.stringContaining('PAR=auto')]);
    expect(hostile.count('par')).toBe(0);
    await parlour.close();
  });

  it('P1: an authorization endpoint over plain http is refused off loopback', async () => {
    const parlour = await startAgainst({ authorization_endpoint: 'http://login.example/authorize' });
    expect(await whatWasSaid(parlour)).toContain('plain http');
    expect((await begin(parlour)).status).toBe(502);
    expect(hostile.count('par')).toBe(0);
    await parlour.close();
  });

  it('P1: and taken from a host that ALLOW_HTTP_FOR names', async () => {
    const parlour = await startAgainst(
      { authorization_endpoint: 'http://login.example/authorize' },
      { ALLOW_HTTP_FOR: 'login.example' },
    );
    const hop = await begin(parlour);
    expect([hop.status, hop.location]).toEqual([303, expect.stringContaining('http://login.example/authorize?')]);
    await parlour.close();
  });
});

describe('a login that can’t begin', () => {
  it('P5: its page tries again with the return_to that it was asked for', async () => {
    hostile.beHonest();
    const parlour = await startParlour(hostile.issuer);
    hostile.lies = { par: { status: 503, times: 1 } };
    const browser = new HttpBrowser();
    const hop = await browser.navigate(`${parlour.url}/login?return_to=/orders?tab=2`);
    expect([hop.status, hop.body]).toEqual([
      503,
      expect.stringContaining('href="/login?return_to=%2Forders%3Ftab%3D2"'),
    ]);
    await parlour.close();
  });
});
