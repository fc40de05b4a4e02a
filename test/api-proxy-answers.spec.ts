import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setHead } from '../src/bff/api-proxy/answer-head.js';
import { type ApiTarget, targetOf } from '../src/bff/api-proxy/api-route.js';
import { privateCacheControl } from '../src/bff/api-proxy/cache-control.js';
import { publicLocation } from '../src/bff/api-proxy/location.js';
import { ApiRouteOptions, FrontendOptions } from '../src/bff/bff.options.js';
import { BffError } from '../src/bff/errors.js';

describe('Cache-Control of a proxied answer', () => {
  it.each([
    ['', 'no-store'],
    ['public', 'private'],
    ['public, max-age=60', 'private, max-age=60'],
    ['PUBLIC, MAX-AGE=60', 'private, MAX-AGE=60'],
    ['max-age=60', 'private, max-age=60'],
    ['max-age=60, s-maxage=600', 'private, max-age=60'],
    ['s-maxage=600', 'no-store'],
    ['public, s-maxage=600', 'private'],
    ['private', 'private'],
    ['private="set-cookie", max-age=60', 'private, max-age=60'],
    ['private="a, public", max-age=60', 'private, max-age=60'],
    ['no-cache', 'private, no-cache'],
    ['no-cache="x, y", max-age=5', 'private, no-cache="x, y", max-age=5'],
    ['no-store', 'no-store'],
    ['no-store, public, max-age=9', 'no-store'],
    ['public,,max-age=60,', 'private, max-age=60'],
    ['public; max-age=60', 'no-store'],
    ['public="', 'no-store'],
    ['max-age="60', 'no-store'],
    ['public max-age=60', 'private, max-age=60'],
    ['pub\tlic', 'private, pub, lic'],
    ['ünïcode', 'no-store'],
    ['private, immutable, max-age=31536000', 'private, immutable, max-age=31536000'],
  ])('B26: %j becomes %j', (said, passed) => {
    expect(privateCacheControl(said === '' ? [] : [said])).toBe(passed);
  });

  it('B26: several fields are read as one', () => {
    expect(privateCacheControl(['public', 's-maxage=9', 'max-age=5'])).toBe('private, max-age=5');
  });
});

describe('Location of a proxied answer', () => {
  const token = 'a+b/c==.token';
  const target = (location: 'refuse' | 'pass' = 'refuse', prefix = ''): ApiTarget => {
    const route = Object.assign(new ApiRouteOptions(), {
      path: '/api/x',
      upstream: 'http://api.test:81/v1/',
      location,
    });
    const options = Object.assign(new FrontendOptions(), { apiRoutes: [route] });
    return targetOf({ options, path: path => prefix + path }, `${prefix}/api/x/things/1`);
  };
  const shown = (value: string, status = 302, to = target()) => {
    try {
      return publicLocation(value, status, to, [token]);
    } catch (error) {
      return error instanceof BffError ? error.code : error;
    }
  };

  it.each([
    ['2', '/api/x/things/2'],
    ['../others?a=b#c', '/api/x/others?a=b#c'],
    ['/v1/things/2', '/api/x/things/2'],
    ['/v1', '/api/x'],
    ['?page=2', '/api/x/things/1?page=2'],
    ['http://api.test:81/v1/a/b', '/api/x/a/b'],
    ['//api.test:81/v1/a', '/api/x/a'],
    ['HTTP://API.TEST:81/v1/a', '/api/x/a'],
    ['/v1//evil.test', '/api/x//evil.test'],
  ])('B27: %s, inside the route, is mapped back to %s', (value, expected) => {
    expect(shown(value)).toBe(expected);
  });

  it('B27: what is mapped back has the path prefix', () => {
    expect(shown('/v1/a', 302, target('refuse', '/bff'))).toBe('/bff/api/x/a');
  });

  const outside = [
    '/',
    '/v2/a',
    '/v1evil',
    '/v1/../v2',
    '../../../v2',
    '/v1/%2e%2e/v2',
    'http://api.test/v1/a',
    'https://api.test:81/v1/a',
    'http://api.test:81@evil.test/v1/a',
    'http://user@api.test:81/v1/a',
    'http://evil.test/v1/a',
    '//evil.test/v1/a',
    '/\\evil.test/v1/a',
    'javascript:alert(1)',
    'data:text/html,x',
    'http://[',
    '/v1/a?token=a+b/c==.token',
    `/v1/a?token=${encodeURIComponent('a+b/c==.token')}`,
  ];

  it.each(outside)('B27: a redirect to %s, out of the route, is refused', value => {
    expect(shown(value)).toBe('api_redirect_refused');
  });

  it.each(outside)('B27: 201 with %s, out of the route, loses the field and no more', value => {
    expect(shown(value, 201)).toBeUndefined();
  });

  it.each([
    ['https://elsewhere.test/a?b#c', 'https://elsewhere.test/a?b#c'],
    ['/login', 'http://api.test:81/login'],
    ['/v1/a', '/api/x/a'],
  ])('B27: with location: pass %s goes on as %s', (value, expected) => {
    expect(shown(value, 302, target('pass'))).toBe(expected);
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'ftp://elsewhere.test',
    'https://user:pass@elsewhere.test/',
    'https://elsewhere.test/?t=a+b/c==.token',
    'https://elsewhere.test/?t=a%2Bb%2Fc%3D%3D.token',
  ])('B27 B16: location: pass never passes %s', value => {
    expect(shown(value, 302, target('pass'))).toBe('api_redirect_refused');
  });
});

describe('the head of a proxied answer', () => {
  it.each([200, 204, 304])(
    'S1: a head of %i that can’t be written leaves nothing in the answer instead',
    async status => {
      const server = createServer((_request, response) => {
        try {
          setHead(response, status, [['X-Name', 'a\nb']]);
        } catch (error) {
          response.writeHead(502, { Connection: 'close' });
          response.end(error instanceof BffError ? error.code : 'another error');
        }
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      try {
        // a listening TCP server has an AddressInfo, not a pipe's name
        const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
        const { statusText } = answer;
        expect([answer.status, statusText, await answer.text()]).toEqual([502, 'Bad Gateway', 'api_response_invalid']);
      } finally {
        server.close();
      }
    },
  );
});
