import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newVisitor, type Stage, startStage, type Visitor } from './support/browser-stage.js';
import { HttpBrowser, rawRequest } from './support/http-browser.js';
import { temporaryDirectory } from './support/parlour.js';

/** The first of an SPA's three places: the BFF serves its build (`SPA_DIR`). */
let stage: Stage;
let app: string;

const SPA = {
  'index.html':
    '<!doctype html><title>App</title><script type="module" src="/assets/index-DiwrgTda.js"></script><p id="p"></p>',
  'assets/index-DiwrgTda.js': "document.getElementById('p').textContent = 'started'",
  'assets/main.0f3c5d7e9b1a2c4d.css': 'p { color: teal }',
  'assets/date-picker.js': '1',
  'favicon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  'inline.html': '<!doctype html><title>Inline</title><script>document.title = "executed"</script>',
};

function built(): string {
  const directory = join(temporaryDirectory(), 'dist');
  mkdirSync(join(directory, 'assets'), { recursive: true });
  for (const [name, text] of Object.entries(SPA)) writeFileSync(join(directory, name), text);
  writeFileSync(join(directory, '../secret.txt'), 'outside');
  return directory;
}

beforeAll(async () => {
  stage = await startStage({ SPA_DIR: built() });
  app = stage.parlour.url;
});
afterAll(() => stage?.close());

const get = (path: string, headers: string[] = []) =>
  rawRequest({
    port: stage.parlour.port,
    lines: [`GET ${path} HTTP/1.1`, `Host: ${new URL(app).host}`, 'Connection: close', ...headers],
  });
const PAGE = SPA['index.html'];

describe('SPA_DIR', () => {
  it('gives the page for every path of the app, revalidated each time', async () => {
    for (const path of [
      '/',
      '/index.html',
      '/orders',
      '/orders/1001?tab=2',
      '/a/b/c/',
      '/login-help',
      '/users/%40jane',
    ]) {
      const { status, body, headers } = await get(path);
      expect([path, status, body]).toEqual([path, 200, PAGE]);
      expect(headers['cache-control']).toBe('no-cache');
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
    }
  });

  it('B21: puts HSTS’s, CSP’s and the other headers’ protection on the page, without unsafe-inline', async () => {
    const { headers } = await get('/orders');
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['x-frame-options']).toBe('DENY');
    // on http://localhost it would bind the browser's other projects there
    expect(headers['strict-transport-security']).toBeUndefined();
  });

  it('keeps a file with a hash in its name for good, and any other only as long as it’s the same', async () => {
    for (const path of ['/assets/index-DiwrgTda.js', '/assets/main.0f3c5d7e9b1a2c4d.css']) {
      expect((await get(path)).headers['cache-control']).toBe('public, max-age=31536000, immutable');
    }
    for (const path of ['/assets/date-picker.js', '/favicon.svg']) {
      expect((await get(path)).headers['cache-control']).toBe('no-cache');
    }
    const { headers } = await get('/orders');
    const again = await get('/orders', [`If-None-Match: ${headers['etag']}`]);
    expect([again.status, again.body]).toEqual([304, '']);
    // a policy that has changed since must reach a browser that keeps the page
    expect(again.headers['content-security-policy']).toBe(headers['content-security-policy']);
  });

  it('answers 404, and not with the page, for a file that isn’t there and to a script that mistypes a path', async () => {
    for (const [path, header] of [
      ['/assets/index-00000000.js', 'Sec-Fetch-Mode: no-cors'],
      ['/missing.png', 'Accept: */*'],
      ['/sesion', 'Sec-Fetch-Mode: cors'],
    ] as const) {
      const { status, headers, body } = await get(path, [header]);
      expect([path, status, headers['cache-control']]).toEqual([path, 404, 'no-store']);
      expect(JSON.parse(body)).toMatchObject({ code: 'not_found' });
    }
  });

  it('B14: gives nothing from outside its folder, however the path is written', async () => {
    for (const path of [
      '/../secret.txt',
      '/assets/../../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/..%5csecret.txt',
      '/..\\secret.txt',
      '/assets/%2e%2e/%2e%2e/secret.txt',
      '/%252e%252e/secret.txt',
      '//../secret.txt',
      '/secret.txt%00',
      '/secret.txt%00.html',
    ]) {
      const { status, body } = await get(path);
      expect([path, status < 500, body.includes('outside')]).toEqual([path, true, false]);
    }
  });

  it('S1: answers strange ranges, preconditions and paths at once, without a 5xx', async () => {
    for (const [path, header] of [
      ['/favicon.svg', 'Range: bytes=5-2'],
      ['/favicon.svg', 'Range: bytes=900-'],
      ['/favicon.svg', 'Range: bytes=x-y,-'],
      ['/orders', 'Range: bytes=9999-'],
      ['/orders', 'If-Match: "other"'],
      ['/favicon.svg', 'If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT'],
      ['/%zz', 'Accept: text/html'],
      // a pattern for extensions with nested repetitions would look at this for years, and the test for its own limit
      [`/${'a.a'.repeat(60)}!`, 'Accept: text/html'],
    ] as const) {
      const { status } = await get(path, [header]);
      expect([path, header, status < 500]).toEqual([path, header, true]);
    }
    expect(stage.parlour.events('request_failed')).toEqual([]);
  });

  it('takes no other method than GET and HEAD', async () => {
    const http = new HttpBrowser();
    await http.navigate(`${app}/`);
    expect((await http.fetch('/orders', { method: 'POST' })).status).toBe(404);
    const head = await http.fetch('/favicon.svg', { method: 'HEAD' });
    expect([head.status, head.body]).toEqual([200, '']);
  });
});

describe('in Chromium', () => {
  let demo: Stage;
  beforeAll(async () => {
    demo = await startStage();
  });
  afterAll(() => demo?.close());

  const violations = ({ traffic }: Visitor) =>
    traffic.console.filter(
      line => line.includes('Content Security Policy') || line.includes('Content-Security-Policy'),
    );

  it('the demo SPA’s page and its own start without a violation of the policy, and an inline script doesn’t', async () => {
    const visitor = await newVisitor(demo);
    for (const path of ['/', '/orders?tab=2', '/about', '/nowhere/at/all']) {
      await visitor.page.goto(demo.parlour.url + path);
      await visitor.page.getByTestId('login').or(visitor.page.getByText('There is nothing here')).first().waitFor();
    }
    await visitor.page.goto(`${app}/deep/link`);
    await visitor.page.getByText('started').waitFor();
    expect(violations(visitor)).toEqual([]);
    await visitor.page.goto(`${app}/inline.html`);
    expect(await visitor.page.title()).toBe('Inline');
    expect(violations(visitor)).toHaveLength(1);
  });
});
