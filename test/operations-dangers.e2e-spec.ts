import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mistakes, minimum } from './support/environment.js';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, startParlour } from './support/parlour.js';

const header = { 'X-CSRF': '1' };

let hostile: Hostile;

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
});
afterAll(() => hostile.close());

describe('INSECURE_COOKIES, for Safari on a developer’s machine', () => {
  it('B4: lets a login and a logout work without Secure; HttpOnly and SameSite stay, and the log is loud', async () => {
    const parlour = await startParlour(hostile.issuer, { INSECURE_COOKIES: 'true' });
    const browser = new HttpBrowser();
    await browser.navigate(`${parlour.url}/login?return_to=/orders`);
    const session = await browser.fetch(`${parlour.url}/session`, { headers: header });
    expect(session.json()).toMatchObject({ authenticated: true });
    const logout = await browser.fetch(`${parlour.url}/logout`, { method: 'POST', headers: header });
    await browser.click(parlour.url + String(logout.json()['redirectUrl']));
    expect((await browser.fetch(`${parlour.url}/session`, { headers: header })).json()).toEqual({
      authenticated: false,
    });
    const lines = browser.hops.flatMap(({ setCookie }) => setCookie);
    expect(new Set(lines.map(line => line.split(/[.=]/)[0]))).toEqual(new Set(['login', 'session', 'logout']));
    for (const line of lines) {
      expect(line).toMatch(/; HttpOnly.*; SameSite=(Strict|Lax)|; SameSite=(Strict|Lax).*; HttpOnly/);
      expect(line).not.toMatch(/; Secure|__Host-/);
    }
    expect(parlour.events('configuration_danger')).toContainEqual(
      expect.objectContaining({ level: 'warn', setting: 'INSECURE_COOKIES' }),
    );
    await parlour.close();
  });

  it('B3: is refused off loopback, https or not', () => {
    for (const PUBLIC_URL of ['https://app.example.org', 'https://localhost.example.org'])
      expect(mistakes({ ...minimum, PUBLIC_URL, INSECURE_COOKIES: 'true' }).join()).toContain('INSECURE_COOKIES');
    expect(mistakes({ ...minimum, PUBLIC_URL: 'http://localhost:3000', INSECURE_COOKIES: 'true' })).toEqual([]);
  });
});

describe('a setting that isn’t dangerous', () => {
  it('is not warned of: nobody reads a log that cries wolf', async () => {
    const parlour = await startParlour(hostile.issuer);
    expect(parlour.events('configuration_danger')).toEqual([]);
    await parlour.close();
  });
});
