import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ProxyApplication, type RecordingApi, startApi, startProxyApplication } from './api-proxy-application.js';

let api: RecordingApi;
let app: ProxyApplication;

beforeAll(async () => {
  api = await startApi();
  app = await startProxyApplication([{ path: '/api/things', upstream: api.origin }], { trustedProxies: ['127.0.0.1'] });
});
beforeEach(() => api.reset());
afterAll(async () => {
  await app.close();
  await api.close();
});

describe('what only a server may say of a request', () => {
  it.each(['Proxy', 'PROXY', 'Remote-User', 'Remote_User', 'X-Remote-User', 'X-Remote-Group', 'Remote-Email'])(
    'B17: %s of the browser’s reaches no API',
    async name => {
      await app.raw(app.head('GET /api/things HTTP/1.1', `${name}: http://evil.test`, 'X-Remotely: passes'));
      expect(JSON.stringify(api.only.rawHeaders)).not.toContain('evil.test');
      expect(api.only.headers['x-remotely']).toBe('passes');
    },
  );

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8::7', '"[2001:db8::7]"'],
    ['fe80::7%eth0', '"[fe80::7]"'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['unknown', 'unknown'],
    ['192.0.2.7:4711', 'unknown'],
    ['[2001:db8::7]', 'unknown'],
    ['evil";host="evil.test', 'unknown'],
    ['_hidden', 'unknown'],
    ['a;proto=https', 'unknown'],
  ])('B20: a client that a trusted proxy calls %j is for=%s', async (address, node) => {
    await app.raw(app.head('GET /api/things HTTP/1.1', `X-Forwarded-For: ${address}`));
    expect(api.only.headers['forwarded']).toBe(`for=${node};host="localhost:${app.port}";proto=http`);
  });
});

describe('the log', () => {
  it('B24: says the whole name of a header that was dropped, however long and random it looks', async () => {
    const name = 'access-control-allow-x7-or-whatever-an-api-may-say';
    api.reply = (_request, response) => response.setHeader(name, 'x').end('{}');
    await app.fetch('/api/things');
    expect(app.events('api_response_stripped')).toMatchObject([{ header: name }]);
  });
});
