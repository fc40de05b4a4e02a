import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { run } from './support/command.js';
import { freePort } from './support/free-port.js';
import { HttpBrowser } from './support/http-browser.js';
import { script } from './support/scene.js';

/** The example as it stands, compiled and started as its first line says, in a process of its own. */
let url: string;
let host: ReturnType<typeof run>;

beforeAll(async () => {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'examples/local-api']);
  const [port, server, api] = [await freePort(), await freePort(), await freePort()];
  url = `http://localhost:${port}`;
  const ports = { PORT: String(port), AUTHORIZATION_SERVER_PORT: String(server), API_PORT: String(api) };
  host = run(['examples/local-api/start.mjs'], ports, process.cwd());
  await host.says('The local API is ready');
});
afterAll(async () => {
  host.child.kill('SIGTERM');
  await host.ended;
});

async function loggedIn(): Promise<HttpBrowser> {
  const browser = new HttpBrowser();
  await browser.navigate(`${url}/login`);
  await browser.submitForm({ username: 'alice', password: 'any' }, { button: 'login' });
  return browser;
}

describe('a local API: controllers of the host’s own behind our guards', () => {
  it('B17: knows the user and keeps what is theirs in the session, by a body parser of its own', async () => {
    const browser = await loggedIn();
    expect((await script(browser, `${url}/notes`)).json()).toEqual({ of: 'Alice Abbott', notes: [] });
    const added = await script(browser, `${url}/notes`, { method: 'POST', json: { text: 'tea' } });
    expect([added.status, added.json()]).toEqual([201, { notes: ['tea'] }]);
    expect((await script(browser, `${url}/notes`)).json()).toMatchObject({ notes: ['tea'] });
    const other = await loggedIn();
    expect((await script(other, `${url}/notes`)).json()).toMatchObject({ notes: [] });
  });

  it('B16: calls another API with the user’s token, which no answer holds', async () => {
    const answer = await script(await loggedIn(), `${url}/order-count`);
    expect([answer.status, answer.json()]).toEqual([200, { count: 3 }]);
  });

  it('B12: refuses whoever comes without the header, or from another page, before anything happens', async () => {
    const browser = await loggedIn();
    const bare = await browser.fetch(`${url}/notes`, { page: `${url}/`, method: 'POST', json: { text: 'x' } });
    expect([bare.status, bare.json()['code']]).toEqual([403, 'csrf_header_missing']);
    const foreign = await script(browser, `${url}/notes`, { method: 'POST', headers: { Origin: 'http://evil.test' } });
    expect([foreign.status, foreign.json()['code']]).toEqual([403, 'cross_site_request']);
    expect((await script(browser, `${url}/notes`)).json()).toMatchObject({ notes: [] });
  });

  it('B10: is a problem with a loginUrl for whoever isn’t logged in, or isn’t any more', async () => {
    const browser = await loggedIn();
    expect((await script(browser, `${url}/notes`)).status).toBe(200);
    await script(browser, `${url}/logout`, { method: 'POST' });
    for (const one of [browser, new HttpBrowser()]) {
      const refused = await script(one, `${url}/notes`);
      expect(refused.headers['content-type']).toMatch('application/problem+json');
      expect([refused.status, refused.json()]).toEqual([
        401,
        expect.objectContaining({ code: 'not_authenticated', loginUrl: '/login' }),
      ]);
    }
  });

  it('S1: answers a body that makes no sense as a problem, and one that is too large', async () => {
    const browser = await loggedIn();
    const send = (body: string) =>
      script(browser, `${url}/notes`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
    for (const [body, status] of [
      ['{', 400],
      ['{"text":1}', 400],
      [JSON.stringify({ text: 'x'.repeat(20_000) }), 413],
    ] as const) {
      const refused = await send(body);
      expect([refused.status, refused.headers['content-type']]).toEqual([
        status,
        'application/problem+json; charset=utf-8',
      ]);
    }
  });
});
