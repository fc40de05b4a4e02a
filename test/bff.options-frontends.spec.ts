import { describe, expect, it } from '@jest/globals';
import { readOptions, type BffOptionsInput } from '../src/bff/bff.options.js';
import { problems, randomKey } from './support/options.js';

const shared = { storageUrl: 'file:./data', keys: [randomKey()] };
const client = {
  issuer: 'https://as.example.org',
  clientId: 'spa',
  clientSecret: randomKey(),
};
const one = { name: 'one', publicUrl: 'https://one.example.org' };
const two = { name: 'two', publicUrl: 'https://two.example.org' };

describe('several frontends', () => {
  it('takes the options beside them as the defaults of each', () => {
    const input: BffOptionsInput = {
      ...shared,
      ...client,
      scope: 'openid',
      frontends: [one, { ...two, scope: 'openid email' }],
    };
    const { frontends } = readOptions(input);
    expect(frontends.map(({ name, scope, clientId }) => [name, scope, clientId])).toEqual([
      ['one', 'openid', 'spa'],
      ['two', 'openid email', 'spa'],
    ]);
  });

  it('names a mistake where it was written: beside the frontends once, in a frontend by its index', () => {
    expect(problems({ ...shared, ...client, par: 'x', frontends: [one, { ...two, scope: 'x' }] })).toEqual([
      'par must be one of required, auto, off',
      'frontends[1].scope must contain openid',
    ]);
    expect(problems({ ...shared, frontends: [{ ...one, ...client }, two] })).toEqual([
      'frontends[1].issuer is missing',
      'frontends[1].clientId is missing',
      'frontends[1].clientSecret is missing',
    ]);
  });

  it.each([
    ['a name', [one, { ...two, name: 'one' }], 'frontends[1].name is the name of an earlier frontend'],
    [
      'an origin',
      [one, { ...one, name: 'two', cookieSuffix: 'b' }],
      'frontends[1].publicUrl is that of an earlier frontend',
    ],
    [
      'the cookies of a host, whose ports share them',
      [one, { ...two, publicUrl: `${one.publicUrl}:8443` }],
      'frontends[1].cookieSuffix must differ',
    ],
  ])('B28: two frontends may not share %s', (_what, frontends, problem) => {
    const found = problems({ ...shared, ...client, frontends });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(problem);
  });

  it('takes two frontends on one host whose cookies differ', () => {
    const frontends = [one, { ...two, publicUrl: `${one.publicUrl}:8443`, cookieSuffix: 'two' }];
    expect(problems({ ...shared, ...client, frontends })).toEqual([]);
  });

  it('refuses an empty list', () => {
    expect(problems({ ...shared, ...client, frontends: [] })).toEqual(['frontends may not be empty']);
  });
});

describe('API routes', () => {
  const upstream = 'https://api.example.org/v1';
  const withRoutes = (apiRoutes: unknown) => problems({ ...shared, ...client, ...one, apiRoutes });

  it('B15: no route is there by default', () => {
    expect(readOptions({ ...shared, ...client, ...one }).frontends[0]?.apiRoutes).toEqual([]);
  });

  it('gives a route its defaults', () => {
    const [frontend] = readOptions({
      ...shared,
      ...client,
      ...one,
      apiRoutes: [{ path: '/api/a', upstream }],
    }).frontends;
    expect(frontend?.apiRoutes).toEqual([
      {
        path: '/api/a',
        upstream,
        token: 'user',
        requireSession: false,
        tokenExchange: false,
        navigable: false,
        timeout: 30,
        replayBody: 65_536,
        bodyTimeout: 30,
        passSetCookie: false,
        passSecurityHeaders: false,
        location: 'refuse',
        clientCertificate: false,
        webSocket: false,
        http2: false,
      },
    ]);
  });

  it.each([
    '/apis',
    'api',
    '/',
    '',
    '/app',
    '/api/',
    '/api//a',
    '/api/..',
    '/api/%61',
    '/api/a;b',
    '/API',
    '/api?x',
    '/api\\a',
    '/api/./a',
  ])('B14: the route path %j is refused', path => {
    expect(withRoutes([{ path, upstream }])).toEqual(['apiRoutes[0].path must be /api or a plain path under /api/']);
  });

  it.each([
    [undefined, 'is missing'],
    ['api.example.org', 'must be an https URL'],
    ['file:///etc', 'must be an https URL'],
    ['https:///api.example.org', 'must be an https URL'],
    ['https://api.example.org\\@evil.example', 'backslashes'],
    ['https://api.example.org?x=1', 'query'],
    ['https://api.example.org/#', 'fragment'],
    ['https://token@api.example.org', 'user name'],
    ['https://@api.example.org', 'user name'],
    ['https://api.example.org/a/../b', 'dot segments'],
    ['https://api.example.org/a/%2E./b', 'dot segments'],
    ['https://api.example.org/a%2fb', 'encoded separators'],
    ['https://api.example.org/a%5Cb', 'encoded separators'],
    ['http://api.example.org', 'must be https'],
  ])('B13: the upstream %j is refused: %s', (value, text) => {
    const found = withRoutes([{ path: '/api', upstream: value }]);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^apiRoutes\[0\]\.upstream /);
    expect(found[0]).toContain(text);
  });

  it.each([
    [{ timeout: 0 }, 'apiRoutes[0].timeout must be a whole number of seconds'],
    [{ passSetCookie: 'no' }, 'apiRoutes[0].passSetCookie must be true or false'],
    [{ passSecurityHeaders: 1 }, 'apiRoutes[0].passSecurityHeaders must be true or false'],
    [{ location: 'follow' }, 'apiRoutes[0].location must be one of refuse, pass'],
    [{ token: 'User' }, 'apiRoutes[0].token must be one of none, user, '],
    [{ requireSession: 'yes' }, 'apiRoutes[0].requireSession must be true or false'],
    [{ requireSession: true }, 'apiRoutes[0].requireSession says nothing new'],
    [{ requireSession: true, token: 'user-or-none' }, 'apiRoutes[0].requireSession contradicts the token user-or-none'],
    [{ requireSession: true, token: 'user-or-client' }, 'apiRoutes[0].requireSession contradicts the token user-or-cl'],
    [{ token: 'client', scope: 'a  b' }, 'apiRoutes[0].scope must be scope names'],
    [{ token: 'client', resource: '/orders' }, 'apiRoutes[0].resource must be an absolute URI'],
    [{ token: 'client', audience: 'a b' }, 'apiRoutes[0].audience must be printable ASCII'],
    [{ token: 'none', scope: 'orders' }, 'apiRoutes[0].scope is of a token that the route doesn’t send'],
    [{ token: 'none', resource: 'urn:a:b' }, 'apiRoutes[0].resource is of a token that the route doesn’t send'],
    [{ token: 'none', audience: 'orders' }, 'apiRoutes[0].audience is of a token that the route doesn’t send'],
    [{ tokenExchange: 1 }, 'apiRoutes[0].tokenExchange must be true or false'],
    [{ tokenExchange: true, token: 'none' }, 'apiRoutes[0].tokenExchange needs a user’s token to exchange'],
    [{ tokenExchange: true, token: 'client' }, 'apiRoutes[0].tokenExchange needs a user’s token to exchange'],
    [{ methods: [] }, 'apiRoutes[0].methods may not be empty'],
    [{ methods: ['get'] }, 'apiRoutes[0].methods entry 1 must be one of '],
    [{ methods: ['TRACE'] }, 'apiRoutes[0].methods entry 1 must be one of '],
    [{ methods: ['GET', 'GET'] }, 'apiRoutes[0].methods names something twice'],
    ...['orders', '', '/orders/', '//', '/a/../b', '/a%20b', '/**/a', '/a*', '/a/***', '/a?x', '/(a)', '/a|b'].map(
      (path): [object, string] => [{ paths: [path] }, 'apiRoutes[0].paths entry 1 must be a plain path'],
    ),
    [{ navigable: 1 }, 'apiRoutes[0].navigable must be true or false'],
    [{ navigable: true, methods: ['POST'] }, 'apiRoutes[0].navigable needs GET or HEAD among the methods'],
    [{ http2: 2 }, 'apiRoutes[0].http2 must be true or false'],
    [{ http2: true, webSocket: true }, 'apiRoutes[0].http2 contradicts webSocket'],
  ])('B15: a route with %j is refused', (option, problem) => {
    const found = withRoutes([{ path: '/api', upstream, ...option }]);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(problem);
  });

  it('B15: HTTP/2 isn’t spoken through a proxy: each route that would is named', () => {
    const apiRoutes = ['a', 'b', 'c'].map(name => ({ path: `/api/${name}`, upstream, http2: name !== 'b' }));
    const outbound = { proxy: 'http://proxy.example.org:3128' };
    expect(problems({ ...shared, ...client, ...one, apiRoutes, outbound })).toEqual([
      'apiRoutes[0].http2 isn’t spoken through a proxy (outbound.proxy, HTTPS_PROXY)',
      'apiRoutes[2].http2 isn’t spoken through a proxy (outbound.proxy, HTTPS_PROXY)',
    ]);
  });

  it('B15: two routes may not have one path', () => {
    const route = { path: '/api/a', upstream };
    expect(withRoutes([route, { path: '/api/b', upstream }, route])).toEqual([
      'apiRoutes[2].path is the path of an earlier route, too',
    ]);
  });

  it.each([[{}], ['x'], [[null]], [['/api']]])('B15: %j is no table of routes', table => {
    expect(withRoutes(table)).toHaveLength(1);
  });
});
