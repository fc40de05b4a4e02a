import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { HttpBrowser } from './support/http-browser.js';
import { startParlour } from './support/parlour.js';
import { isLoggedIn, type Scene, script, startScene } from './support/scene.js';

/** A SPA at another origin of the same site: a port of its own. */
const SPA = 'http://localhost:5173';
const STRANGERS = [
  'http://localhost:5174',
  'https://localhost:5173',
  'http://localhost:51730',
  'http://evil.example',
  'null',
];
let scene: Scene;
let browser: HttpBrowser;
const url = () => scene.parlour.url;

beforeAll(async () => {
  scene = await startScene({ ALLOWED_ORIGINS: SPA });
});
afterAll(() => scene.close());
beforeEach(async () => {
  scene.hostile.beHonest();
  browser = await scene.login();
  scene.api.requests = [];
});

const from = (origin: string, path: string, init = {}) =>
  script(browser, url() + path, {
    page: origin === 'null' ? 'https://evil.example' : origin,
    credentials: 'include',
    ...init,
  });

function preflight(origin: string, path: string, method = 'POST') {
  const headers = {
    origin,
    'access-control-request-method': method,
    'access-control-request-headers': 'x-csrf,content-type',
    'X-CSRF': '',
  };
  return from(origin, path, { method: 'OPTIONS', credentials: 'omit', headers });
}

describe('a SPA of the same site whose origin is allowed', () => {
  it('L5: is where its user comes back to after a logout', async () => {
    const { redirectUrl } = (await from(SPA, '/logout', { method: 'POST' })).json();
    const walk = { until: (next: string) => next.startsWith(SPA) };
    const hop = await browser.navigate(url() + String(redirectUrl), { initiator: `${SPA}/`, ...walk });
    expect(hop.location).toBe(`${SPA}/`);
    expect((await from(SPA, '/logout', { method: 'POST' })).json()).toEqual({ redirectUrl: `${SPA}/` });
  });

  it.each(['/session', '/api/orders'])(
    'B19: reads %s with credentials, its exact origin named and Vary said',
    async path => {
      const answer = await from(SPA, path);
      expect(answer.status).toBe(200);
      expect(answer.requestHeaders).toMatchObject({ origin: SPA, 'sec-fetch-site': 'same-site' });
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': SPA,
        'access-control-allow-credentials': 'true',
        vary: expect.stringMatching(/\bOrigin\b/),
      });
    },
  );

  it('B19: reads errors, too', async () => {
    const answer = await from(SPA, '/session', { headers: { 'X-CSRF': '' } });
    expect(answer.status).toBe(403);
    expect(answer.headers['access-control-allow-origin']).toBe(SPA);
  });

  it('B19 B24: gets its preflights answered here, and none of them goes to the API', async () => {
    for (const path of ['/session', '/logout', '/api/orders', '/login']) {
      const answer = await preflight(SPA, path);
      expect(answer.status).toBe(204);
      expect(answer.headers['access-control-allow-origin']).toBe(SPA);
      expect(answer.headers['access-control-allow-credentials']).toBe('true');
      expect(answer.headers['access-control-allow-headers']).toBe('x-csrf,content-type');
      expect(answer.headers['access-control-allow-methods']).toMatch(/\bPOST\b/);
      expect(answer.headers['vary']).toMatch(/\bOrigin\b/);
    }
    expect(scene.api.requests).toEqual([]);
  });

  it('B19: logs in with an absolute return_to, and out', async () => {
    await browser.navigate(`${url()}/login?return_to=${encodeURIComponent(`${SPA}/orders`)}`, {
      until: to => to.startsWith(SPA),
    });
    expect(browser.hops.at(-1)?.location).toBe(`${SPA}/orders`);
    expect((await from(SPA, '/logout', { method: 'POST' })).status).toBe(200);
    expect(await isLoggedIn(browser, scene.parlour)).toBe(false);
  });

  it('B12 B19: needs the header all the same', async () => {
    expect((await from(SPA, '/logout', { method: 'POST', headers: { 'X-CSRF': '' } })).status).toBe(403);
    expect(await isLoggedIn(browser, scene.parlour)).toBe(true);
  });
});

describe.each(STRANGERS)('somebody at %s', origin => {
  it('B19: gets no CORS header, no answer and no preflight', async () => {
    for (const path of ['/session', '/api/orders', '/logout']) {
      const method = path === '/logout' ? 'POST' : 'GET';
      for (const answer of [await from(origin, path, { method, headers: { origin } }), await preflight(origin, path)]) {
        expect(answer.status).toBe(403);
        expect(Object.keys(answer.headers).filter(name => name.startsWith('access-control-'))).toEqual([]);
        expect(answer.headers['vary']).toMatch(/\bOrigin\b/);
      }
    }
    expect(scene.api.requests).toEqual([]);
    expect(await isLoggedIn(browser, scene.parlour)).toBe(true);
  });
});

describe('ALLOWED_ORIGINS', () => {
  it('B19: refuses another site at the start and says why', async () => {
    const started = startParlour(scene.hostile.issuer, { ALLOWED_ORIGINS: 'https://spa.example' });
    await expect(started).rejects.toThrow(/ALLOWED_ORIGINS .*another site .*SameSite=Strict/);
  });

  it('B19: is empty by default: nobody gets CORS', async () => {
    const other = await startScene();
    const answer = await browser.fetch(`${other.parlour.url}/session`, { page: SPA, headers: { 'X-CSRF': '1' } });
    expect(answer.status).toBe(403);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    await other.close();
  });
});
