import { describe, expect, it } from '@jest/globals';
import { targetOf } from '../src/bff/api-proxy/api-route.js';
import { ApiRouteOptions, FrontendOptions } from '../src/bff/bff.options.js';
import { BffError } from '../src/bff/errors.js';
import { hostilePaths } from './api-proxy-paths.js';
import { lenientlyRead } from './support/wire/lenient-path.js';

function frontend(routes: Record<string, string>, pathPrefix = '') {
  const apiRoutes = Object.entries(routes).map(([path, upstream]) =>
    Object.assign(new ApiRouteOptions(), { path, upstream }),
  );
  return { options: Object.assign(new FrontendOptions(), { apiRoutes }), path: (path: string) => pathPrefix + path };
}

const table = frontend({
  '/api': 'https://all.test',
  '/api/things': 'https://things.test/v1/',
  '/api/things/old': 'https://old.test:8443/a/b',
});

/** Where a request would go, or the code that it's refused with. */
function sentTo(url: string, owner = table): string {
  try {
    const { route, path } = targetOf(owner, url);
    return route.origin + path;
  } catch (error) {
    if (error instanceof BffError) return error.code;
    throw error;
  }
}

describe('the table of API routes', () => {
  it.each([
    ['/api/things', 'https://things.test/v1'],
    ['/api/things/', 'https://things.test/v1/'],
    ['/api/things/1?a=b', 'https://things.test/v1/1?a=b'],
    ['/api/things?a=b', 'https://things.test/v1?a=b'],
    ['/api/things/old/1', 'https://old.test:8443/a/b/1'],
    ['/api/things/older', 'https://things.test/v1/older'],
    ['/api/thingsandmore', 'https://all.test/thingsandmore'],
    ['/api', 'https://all.test/'],
    ['/api?a', 'https://all.test/?a'],
    ['/API/things', 'unknown_api_route'],
    ['/apis', 'unknown_api_route'],
    ['/', 'unknown_api_route'],
  ])('B15: the longest route that covers %s by whole segments decides: %s', (url, expected) => {
    expect(sentTo(url)).toBe(expected);
  });

  it('B15: an empty table forwards nothing', () => {
    expect(sentTo('/api/things', frontend({}))).toBe('unknown_api_route');
  });

  it('B15: under a path prefix the bare path is no route', () => {
    const prefixed = frontend({ '/api': 'https://all.test/v1' }, '/bff');
    expect([sentTo('/bff/api/x', prefixed), sentTo('/api/x', prefixed)]).toEqual([
      'https://all.test/v1/x',
      'unknown_api_route',
    ]);
  });
});

describe('a path as it came', () => {
  it.each([
    '/J%C3%BCrgen/%E2%82%AC',
    '/a%20b',
    '/100%25',
    '/a%252Cb',
    '/~user/a.b/...;'.slice(0, -1),
    '/.well-known/x',
    '/..a/b..',
    "/!$&'()*+,=:@",
    '/a?q=%zz&r=100%&s=[1]|{2}^`\\',
    '/a?b=http://evil.test/../..//;x',
    '/a??b?c=/d',
    '/a?',
  ])('B14: %s goes on as it is, letter by letter', rest => {
    expect(sentTo(`/api${rest}`)).toBe(`https://all.test${rest}`);
  });

  it.each(hostilePaths)('B14: /api%s is refused', rest => {
    expect(sentTo(`/api/things${rest}`)).toBe('api_path_refused');
  });

  it.each([
    'http://evil.test/api/things',
    'https://evil.test/api/things',
    '//evil.test/api/things',
    '///api/things',
    '/\\evil.test/api/things',
    '\\\\evil.test/api/things',
    '@evil.test/api/things',
    'evil.test/api/things',
    '*',
    '',
    '?/api/things',
    '#/api/things',
    'javascript:/api/things',
  ])('B13: a target that is no plain path, %s, is refused', url => {
    expect(sentTo(url)).toBe('api_path_refused');
  });

  it('B13: what follows the route never moves the host', () => {
    for (const rest of ['@evil.test', ':80@evil.test', '.evil.test', ':99', '%40evil.test']) {
      expect(['https://all.test', 'unknown_api_route']).toContain(
        sentTo(`/api${rest}/x`).replace(/^(https:\/\/all\.test)\/.*/, '$1'),
      );
      expect(sentTo(`/api/${rest}/x`)).toBe(`https://all.test/${rest}/x`);
    }
  });

  it('B14 S1: 2,000 generated paths stay inside the route when a lenient server reads them, or are refused', () => {
    const pieces = [
      '.',
      '..',
      '/',
      '\\',
      ';',
      '%',
      '2e',
      '2f',
      '5c',
      '25',
      '%2e',
      '%2F',
      '%252e',
      '%c0%ae',
      'a',
      '%00',
      '%ef%bc%8e',
      'é',
      ' ',
      '?',
      '#',
    ];
    const random = mulberry32(20_261_123);
    for (let count = 0; count < 2000; count++) {
      const rest = Array.from(
        { length: 1 + Math.floor(random() * 8) },
        () => pieces[Math.floor(random() * pieces.length)],
      );
      const seen = sentTo(`/api/things/${rest.join('')}`);
      if (seen !== 'api_path_refused') expect(lenientlyRead(seen)).toMatch(/^\/v1(\/|$)/);
    }
  });
});

/** A small seeded generator, so that a failure comes again. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
