import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ApiStub, startApiStub } from './support/api-stub.js';
import { type Certificate, selfSigned } from './support/certificates.js';
import { type Hostile, type Lies, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { type Front, type Proxy, startProxy, startTlsFront, startTrap } from './support/outbound-servers.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';
import { startProcess } from './support/parlour-process.js';

const header = { 'X-CSRF': '1' };

let hostile: Hostile;
let api: ApiStub;
let certificate: Certificate;
let front: Front;
let apiFront: Front;
let proxy: Proxy;
let trap: Front;
let parlour: Parlour | undefined;

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  api = await startApiStub();
  certificate = await selfSigned('localhost', 'as.test', 'api.test');
  front = await startTlsFront(certificate, hostile.port);
  apiFront = await startTlsFront(certificate, Number(new URL(api.url).port));
  proxy = await startProxy({ 'as.test': front.port, 'api.test': apiFront.port, 'as.internal': hostile.port });
  trap = await startTrap();
});
beforeEach(() => {
  hostile.beHonest();
  proxy.asked.length = 0;
  proxy.credentials.length = 0;
});
afterEach(async () => {
  await parlour?.close();
  parlour = undefined;
});
afterAll(async () => {
  for (const server of [hostile, front, apiFront, proxy, trap, api]) await server.close();
});

/** Logs in and calls the API once. */
async function tryOut(environment: Record<string, string>) {
  parlour = await startParlour(hostile.issuer, environment);
  const browser = new HttpBrowser();
  const login = await browser.navigate(`${parlour.url}/login`);
  const session = await browser.fetch(`${parlour.url}/session`, { headers: header });
  const call = await browser.fetch(`${parlour.url}/api/orders`, { headers: header });
  return { started: parlour, browser, login, loggedIn: session.json()['authenticated'], call };
}

describe('CA_FILE', () => {
  const https = () => ({
    BACKCHANNEL_URL: `https://localhost:${front.port}`,
    API_ROUTES: `/api=https://localhost:${apiFront.port}`,
  });

  it('P1: a private CA is trusted for the authorization server and for an API', async () => {
    const { loggedIn, call } = await tryOut({ ...https(), CA_FILE: certificate.certFile });
    expect([loggedIn, call.status]).toEqual([true, 200]);
  });

  it('P1: it vouches for the names in a certificate and for no others, and without it for none', async () => {
    const byAddress = { ...https(), BACKCHANNEL_URL: `https://127.0.0.1:${front.port}` };
    for (const environment of [https(), { ...byAddress, CA_FILE: certificate.certFile }]) {
      const { login } = await tryOut(environment);
      expect([login.status, login.headers['retry-after']]).toEqual([503, '5']);
      await parlour?.close();
    }
    expect(hostile.calls).toEqual([]);
  });

  it('tells the operator what was wrong with a certificate', async () => {
    const running = await startProcess(hostile.issuer, https());
    await new HttpBrowser().navigate(`${running.url}/login`);
    await running.stop();
    // errors go to stderr, as JSON too
    const lines = [...running.stdout, ...running.stderr].map(line => JSON.parse(line) as Record<string, unknown>);
    expect(lines.find(({ event }) => event === 'discovery_failed')?.['reason']).toMatch(/SELF_SIGNED_CERT/);
  });
});

describe('HTTPS_PROXY', () => {
  const behindProxy = () => ({
    BACKCHANNEL_URL: 'https://as.test',
    API_ROUTES: '/api=https://api.test',
    CA_FILE: certificate.certFile,
    HTTPS_PROXY: proxy.url,
  });

  it('carries all calls to the authorization server and the APIs, in tunnels that it can’t look into', async () => {
    const { loggedIn, call } = await tryOut(behindProxy());
    expect([loggedIn, call.status]).toEqual([true, 200]);
    expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT as.test:443', 'CONNECT api.test:443']));
  });

  it('NO_PROXY names the hosts that are called directly', async () => {
    const environment = { ...behindProxy(), BACKCHANNEL_URL: `https://localhost:${front.port}`, NO_PROXY: 'localhost' };
    const { loggedIn, call } = await tryOut(environment);
    expect([loggedIn, call.status]).toEqual([true, 200]);
    expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT api.test:443']));
  });

  it('S3: gets its own credentials, and the log doesn’t', async () => {
    const withPassword = proxy.url.replace('//', '//parlour:proxy-password@');
    const { loggedIn, started } = await tryOut({ ...behindProxy(), HTTPS_PROXY: withPassword });
    expect(loggedIn).toBe(true);
    expect(proxy.credentials[0]).toBe(`Basic ${Buffer.from('parlour:proxy-password').toString('base64')}`);
    expect(started.logText()).not.toContain('proxy-password');
  });

  it('P5: that doesn’t answer, or doesn’t know the host, makes a 503 that may be tried again', async () => {
    for (const broken of [{ BACKCHANNEL_URL: 'https://unknown.test' }, { HTTPS_PROXY: 'http://127.0.0.1:1' }]) {
      const { login } = await tryOut({ ...behindProxy(), ...broken });
      expect([login.status, login.headers['retry-after']]).toEqual([503, '5']);
      await parlour?.close();
    }
  });
});

describe('plain http', () => {
  const internal = 'http://as.internal';
  const named = (members: Record<string, string>): Lies => ({ discovery: { members } });

  it('P1: goes to a host named in ALLOW_HTTP_FOR, which is loud in the log', async () => {
    const environment = { BACKCHANNEL_URL: internal, ALLOW_HTTP_FOR: 'as.internal', HTTPS_PROXY: proxy.url };
    const { loggedIn, started } = await tryOut({
      ...environment,
      API_ROUTES: `/api=${api.url}`,
      NO_PROXY: '127.0.0.1',
    });
    expect(loggedIn).toBe(true);
    expect(proxy.asked[0]).toContain('as.internal');
    expect(started.events('configuration_danger')).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        setting: 'ALLOW_HTTP_FOR',
        reason: expect.stringContaining('as.internal'),
      }),
    );
  });

  it('P1: to any other is refused also where the discovery document names it, and not a byte is sent', async () => {
    const endpoints = { pushed_authorization_request_endpoint: 502, token_endpoint: 404, jwks_uri: 404 };
    for (const [endpoint, status] of Object.entries(endpoints)) {
      hostile.lies = named({ [endpoint]: `${internal}/${endpoint}` });
      const { login, loggedIn } = await tryOut({ HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.1' });
      expect([endpoint, login.status, loggedIn]).toEqual([endpoint, status, false]);
      await parlour?.close();
    }
    expect(proxy.asked).toEqual([]);
  });

  it.each(['http://as.internal/authorize', 'javascript:alert(1)', 'data:text/html,x'])(
    'P1: nor is the browser sent to %s',
    async target => {
      hostile.lies = named({ authorization_endpoint: target });
      parlour = await startParlour(hostile.issuer);
      const hop = await new HttpBrowser().navigate(`${parlour.url}/login`, { follow: false });
      expect([hop.status, hop.location]).toEqual([502, undefined]);
    },
  );
});

describe('a redirect of the authorization server’s', () => {
  const astray = () => ({ status: 307, headers: { location: `http://127.0.0.1:${trap.port}/metadata` }, body: '' });

  it.each(['discovery', 'par', 'token', 'jwks', 'userinfo', 'revocation'] as const)(
    'P5: is not followed from its %s endpoint to another server of the network',
    async endpoint => {
      hostile.lies = { [endpoint]: astray() };
      const { started, browser } = await tryOut({ USERINFO: 'true' });
      await browser.fetch(`${started.url}/logout`, { method: 'POST', headers: header });
      expect(hostile.count(endpoint)).toBeGreaterThan(0);
      expect(trap.connections).toBe(0);
    },
  );
});
