import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ApiStub, startApiStub } from './support/api-stub.js';
import { type Certificate, selfSigned } from './support/certificates.js';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser, rawRequest } from './support/http-browser.js';
import { startNginx } from './support/nginx.js';
import { freePort } from './support/free-port.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';
import { closeStreams, openedStream } from './support/session-stream.js';

const header = { 'X-CSRF': '1' };
/** What any request may claim, all of it false. */
const CLAIMS = {
  forwarded: 'for=203.0.113.66;host=evil.example;proto=http',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'http',
  'x-forwarded-port': '80',
  'x-forwarded-server': 'evil.example',
  'x-original-host': 'evil.example',
  'x-host': 'evil.example',
};

let hostile: Hostile;
let api: ApiStub;
let certificate: Certificate;
let nginx: Awaited<ReturnType<typeof startNginx>>;
let parlour: Parlour;
/** What the browser sees, and nobody but PUBLIC_URL tells Parlour of. */
let app: string;

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  api = await startApiStub();
  certificate = await selfSigned('app.test', 'other.test');
  const [port, upstream] = [await freePort(), await freePort()];
  app = `https://app.test:${port}`;
  parlour = await startParlour(hostile.issuer, {
    PORT: String(upstream),
    PUBLIC_URL: app,
    TRUSTED_PROXIES: '127.0.0.1',
    API_ROUTES: `/api=${api.url}`,
    LOGIN_BURST: '5',
    LOGIN_RATE: '1',
  });
  const headers = ['Host $http_host', 'X-Forwarded-For $proxy_add_x_forwarded_for', 'Connection ""'];
  nginx = await startNginx({ port, upstream, certificate }, headers);
});
afterAll(async () => {
  closeStreams();
  await nginx.close();
  await parlour.close();
  await Promise.all([hostile.close(), api.close()]);
});
beforeEach(() => {
  hostile.beHonest();
  api.requests.length = 0;
});

/** Each test comes from an address of its own, so that none uses up another's logins. */
let visitors = 0;
function newBrowser(): { browser: HttpBrowser; address: string } {
  const hosts = { 'app.test': '127.0.0.1', 'other.test': '127.0.0.1' };
  return { browser: new HttpBrowser({ hosts, ca: certificate.cert }), address: `203.0.113.${++visitors}` };
}

async function loggedIn(headers: Record<string, string> = {}) {
  const { browser, address } = newBrowser();
  await browser.navigate(`${app}/login?return_to=/orders`, { headers: { 'x-forwarded-for': address, ...headers } });
  return browser;
}

describe('behind nginx, which ends TLS and speaks plain http to us', () => {
  it('B29: a login works with no header trusted: https redirect_uri, Secure cookies, back in the app', async () => {
    const browser = await loggedIn();
    expect(browser.url).toBe(`${app}/orders`);
    expect(hostile.to('par').at(-1)?.params.get('redirect_uri')).toBe(`${app}/callback`);
    expect(hostile.to('token').at(-1)?.params.get('redirect_uri')).toBe(`${app}/callback`);
    const session = await browser.fetch(`${app}/session`, { headers: header });
    expect(session.json()).toMatchObject({ authenticated: true, user: { sub: 'alice' } });
  });

  it('B3 B4 B5 B6 B7 B8: every cookie is Secure, HttpOnly and host-only although the socket is plain', async () => {
    const browser = await loggedIn();
    const lines = browser.hops.filter(({ url }) => url.startsWith(app)).flatMap(({ setCookie }) => setCookie);
    expect(lines.length).toBeGreaterThanOrEqual(3);
    for (const line of lines) {
      expect(line).toMatch(/^__Host-Http-/);
      expect(line).toMatch(/; Secure/);
      expect(line).toMatch(/; HttpOnly/);
      expect(line).toMatch(/; Path=\/(;|$)/);
      expect(line).not.toMatch(/domain=/i);
    }
  });

  it('B29: Forwarded and X-Forwarded-* from anybody change nothing', async () => {
    const browser = await loggedIn(CLAIMS);
    expect(browser.url).toBe(`${app}/orders`);
    expect(hostile.to('par').at(-1)?.params.get('redirect_uri')).toBe(`${app}/callback`);
    const session = await browser.fetch(`${app}/session`, { headers: { ...header, ...CLAIMS } });
    expect(session.json()).toMatchObject({ authenticated: true });
    expect(session.headers['strict-transport-security']).toMatch(/max-age=\d{8}/);
    const unauthorized = await newBrowser().browser.fetch(`${app}/api/x`, {
      page: app,
      headers: { ...header, ...CLAIMS },
    });
    expect(unauthorized.json()['loginUrl']).toBe('/login');
    expect(unauthorized.body + JSON.stringify(unauthorized.headers)).not.toContain('evil');
  });

  it('B29: another Host that nginx passes on gets 421 and nothing else', async () => {
    const { port } = new URL(app);
    for (const host of ['other.test', `other.test:${port}`, 'app.test', `app.test.:${port}`, '']) {
      const { browser } = newBrowser();
      const answer = await browser.fetch(`${app}/login`, { page: app, headers: { ...header, host: host || 'x' } });
      expect([host, answer.status, answer.json()['code']]).toEqual([host, 421, 'misdirected_request']);
      expect(answer.setCookie).toEqual([]);
    }
    expect(hostile.count('par')).toBe(0);
  });

  it('B29: whoever reaches the plain port directly gets 421 for what is not the public authority', async () => {
    const host = `Host: localhost:${parlour.port}`;
    const answer = await rawRequest({ port: parlour.port, lines: ['GET /login HTTP/1.1', host, 'Connection: close'] });
    expect(answer.status).toBe(421);
  });

  it('B21: pages say HSTS, CSP, nosniff, no-referrer and no-store over https', async () => {
    const page = await newBrowser().browser.navigate(`${app}/nothing`);
    expect(page.status).toBe(404);
    expect(page.headers).toMatchObject({
      'strict-transport-security': expect.stringMatching(/^max-age=31536000/),
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
  });

  it('L10: session events aren’t held back, although nginx buffers answers', async () => {
    const browser = await loggedIn();
    const began = performance.now();
    const stream = await openedStream(browser, { url: app });
    expect(stream.response.headers['content-type']).toBe('text/event-stream');
    await browser.fetch(`${app}/logout`, { method: 'POST', page: `${app}/`, headers: header });
    await stream.ended();
    expect(stream.events).toMatchObject([{ event: 'ended', data: { reason: 'logout' } }]);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it('B20: TRUSTED_PROXIES decides the client’s address: each has its own bucket, and the API hears of it', async () => {
    const statuses = async (address: string) => {
      const all: number[] = [];
      for (let login = 0; login < 7; login++) {
        const { browser } = newBrowser();
        const hop = await browser.navigate(`${app}/login`, { headers: { 'x-forwarded-for': address }, follow: false });
        all.push(hop.status);
      }
      return all;
    };
    expect(await statuses('198.51.100.7')).toContain(429);
    expect((await statuses('198.51.100.8'))[0]).toBe(303);
    const browser = await loggedIn();
    await browser.fetch(`${app}/api/x`, { headers: { ...header, 'x-forwarded-for': '198.51.100.9' } });
    const { host } = new URL(app);
    expect(api.requests.at(-1)?.headers['forwarded']).toBe(`for=198.51.100.9;host="${host}";proto=https`);
  });

  it('B20: the client’s address is the nearest that no trusted proxy has; what stands before it anybody may have written', async () => {
    const browser = await loggedIn();
    await browser.fetch(`${app}/api/x`, {
      headers: { ...header, 'x-forwarded-for': '10.0.0.1, 198.51.100.10', ...CLAIMS },
    });
    expect(api.requests.at(-1)?.headers['forwarded']).toMatch(/^for=198\.51\.100\.10;/);
  });
});
