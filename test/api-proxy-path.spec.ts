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

describe('another spelling of a nested route', () => {
  it.each([
    '/api/%74hings',
    '/api/%74hings/1?a=b',
    '/api/%74%68%69%6e%67%73/1',
    '/api/%2574hings/1',
    '/api/%252574hings/1',
    '/api/THINGS',
    '/api/Things/1',
    '/api/%54hings/1',
    '/api/things%20/1',
    '/api/%20things/1',
    '/api/%EF%BD%94hings/1',
    '/api/%EF%BC%B4hings/1',
    '/api/th%C4%B1ngs/1',
    '/api/th%C4%B0ngs/1',
    '/api/t%CC%88hings/1',
    '/api/thing%C5%BF/1',
    '/api/things/%6fld/1',
    '/api/things/OLD',
    '/api/things/ol%64?a',
    '/api/things.',
    '/api/things./1?a',
    '/api/things%2e/1',
    '/api/things...%20./1',
    '/api/things/old./1',
  ])('B13 B14 B15: %s is refused, as the rules of the longer route would be passed by', url => {
    expect(sentTo(url)).toBe('api_path_refused');
  });

  it.each([
    ['/api/files/%C3%A4.txt', 'https://all.test/files/%C3%A4.txt'],
    ['/api/Files/A%20B', 'https://all.test/Files/A%20B'],
    ['/api/Thingsandmore', 'https://all.test/Thingsandmore'],
    ['/api/x/THINGS/%6fld', 'https://all.test/x/THINGS/%6fld'],
    ['/api/things/a%20b', 'https://things.test/v1/a%20b'],
    ['/api/things/J%C3%BCrgen/%E2%82%AC', 'https://things.test/v1/J%C3%BCrgen/%E2%82%AC'],
    ['/api/things/OLDER', 'https://things.test/v1/OLDER'],
    ['/api/things/1/OLD', 'https://things.test/v1/1/OLD'],
    ['/api/things/old/OLD/%6fld', 'https://old.test:8443/a/b/OLD/%6fld'],
    ['/api/files/a./b..', 'https://all.test/files/a./b..'],
    ['/api/things/a.?b.', 'https://things.test/v1/a.?b.'],
    ['/api/.things/x', 'https://all.test/.things/x'],
    ['/api/x?q=/api/THINGS', 'https://all.test/x?q=/api/THINGS'],
  ])('B14 B15: %s is in no other route, and goes on letter by letter', (url, expected) => {
    expect(sentTo(url)).toBe(expected);
  });

  it('S1: is looked for in about as many steps as there are characters', () => {
    const long = `${'.'.repeat(60_000)}x./y`;
    const began = performance.now();
    expect(sentTo(`/api/${long}`)).toBe(`https://all.test/${long}`);
    expect(performance.now() - began).toBeLessThan(500);
  });

  it('B15: two routes that differ in case alone are two', () => {
    const twins = frontend({ '/api': 'https://all.test', '/api/a': 'https://low.test', '/api/A': 'https://high.test' });
    const urls = ['/api/a/x', '/api/A/x', '/api/%61/x', '/api/%41/x'];
    expect(urls.map(url => sentTo(url, twins))).toEqual([
      'https://low.test/x',
      'https://high.test/x',
      'api_path_refused',
      'api_path_refused',
    ]);
  });

  it('B15: a nested route is the longer one under a path prefix, and whatever the case that it’s configured in', () => {
    const owner = frontend({ '/api': 'https://all.test', '/api/Admin': 'https://admin.test' }, '/Bff');
    const urls = ['/Bff/api/Admin/x', '/Bff/api/%41dmin/x', '/Bff/api/X', '/Bff/api/ADMIN', '/bff/api/Admin'];
    expect(urls.map(url => sentTo(url, owner))).toEqual([
      'https://admin.test/x',
      'api_path_refused',
      'https://all.test/X',
      'api_path_refused',
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
