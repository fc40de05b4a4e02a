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

/** Names of what reached the API, in lower case. */
const arrivedNames = () => api.only.rawHeaders.filter((_, index) => index % 2 === 0).map(name => name.toLowerCase());

describe('what only a server may say of a request', () => {
  it.each([
    ['the method', ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X_HTTP_Method_Override', 'X-Method-Override']],
    ['the path', ['X-Original-URL', 'X-Rewrite-URL', 'X-Original-URI', 'X-Envoy-Original-Path', 'Destination']],
    ['the host', ['X-Host', 'X-Forwarded-Host', 'X-Forwarded-Server', 'X-Original-Host', 'X_Forwarded_Host']],
    ['the client', ['X-Forwarded-For', 'X_Forwarded_For', 'X-Real-IP', 'True-Client-IP', 'X-Envoy-External-Address']],
    ['the user', ['X-Forwarded-User', 'X-Auth-Request-Email', 'OIDC_CLAIM_sub', 'X-Amzn-Oidc-Identity', 'Remote_User']],
    ['the gateway’s user', ['X-Goog-Authenticated-User-Email', 'X-MS-CLIENT-PRINCIPAL', 'Cf-Access-Jwt-Assertion']],
    ['the certificate', ['Client-Cert', 'Client_Cert_Chain', 'X-SSL-Client-S-DN', 'SSL-Client-Cert', 'X-Client-Cert']],
    ['hops', ['Via', 'Max-Forwards', 'Forwarded', 'Proxy-Foo', 'X-Middleware-Subrequest']],
  ])('B13 B17 B20: %s isn’t said by the browser', async (_what, names) => {
    await app.raw(app.head('GET /api/things HTTP/1.1', ...names.map(name => `${name}: evil.test`), 'X-Mine: passes'));
    expect(JSON.stringify(api.only.rawHeaders)).not.toContain('evil.test');
    expect(api.only.headers['x-mine']).toBe('passes');
  });

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

describe('a trace', () => {
  const ids = '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331';
  const sendTrace = (...parents: string[]) =>
    app.raw(
      app.head(
        'GET /api/things HTTP/1.1',
        ...parents.map(parent => `Traceparent: ${parent}`),
        'Tracestate: a=1',
        'Baggage: user=7',
      ),
    );

  it.each([`00-${ids}-01`, `00-${ids}-00`, `01-${ids}-01`, `cc-${ids}-01-what-will-come`])(
    'B20: %s goes on with its state and baggage, as it is',
    async parent => {
      await sendTrace(parent);
      expect(api.only.headers).toMatchObject({ traceparent: parent, tracestate: 'a=1', baggage: 'user=7' });
    },
  );

  it.each([
    ['none', []],
    ['two', [`00-${ids}-01`, `00-${ids}-01`]],
    ['more than version 00 has', [`00-${ids}-01-more`]],
    ['the version that never will be', [`ff-${ids}-01`]],
    ['capitals', [`00-${ids.toUpperCase()}-01`]],
    ['no trace id', [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`]],
    ['no parent id', [`00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`]],
    ['a short one', ['00-0af7-b7ad-01']],
    ['a text', ['"><script>']],
  ])('B20: with %s in traceparent the trace ends here, and its state', async (_what, parents) => {
    await sendTrace(...parents);
    expect(arrivedNames()).not.toEqual(expect.arrayContaining(['traceparent']));
    expect(arrivedNames()).not.toEqual(expect.arrayContaining(['tracestate']));
    expect(api.only.headers['baggage']).toBe('user=7');
  });
});

describe('what an intermediary has to pass', () => {
  it('B20: Early-Data, so that the API can say 425 to what may be a replay (RFC 8470 §5.1)', async () => {
    api.reply = (_request, response) => response.writeHead(425).end();
    const { status } = await app.raw(app.head('GET /api/things HTTP/1.1', 'Early-Data: 1'));
    expect([status, api.only.headers['early-data']]).toEqual([425, '1']);
  });

  it('B25: hop-by-hop fields end here on the way back, too, and nobody says what runs where', async () => {
    const hops = ['Keep-Alive', 'TE', 'Upgrade', 'Proxy-Authenticate', 'Proxy-Connection', 'X-Hop'];
    const boasts = ['Server', 'X-Powered-By', 'Via', 'X-AspNet-Version'];
    api.reply = (_request, response) =>
      response
        .writeHead(200, {
          Connection: 'X-Hop',
          ...Object.fromEntries([...hops, ...boasts].map(name => [name, 'evil'])),
        })
        .end();
    const { headers } = await app.raw(app.head('GET /api/things HTTP/1.1', 'Connection: close'));
    expect(JSON.stringify(headers)).not.toContain('evil');
    for (const name of boasts) expect(headers).not.toHaveProperty(name.toLowerCase());
  });
});

describe('the log', () => {
  it('B24: says the whole name of a header that was dropped, however long and random it looks', async () => {
    const name = 'access-control-allow-x7-or-whatever-an-api-may-say';
    api.reply = (_request, response) => response.setHeader(name, 'x').end('{}');
    await app.fetch('/api/things');
    expect(app.events('api_response_stripped').map(({ header }) => header)).toContain(name);
  });
});
