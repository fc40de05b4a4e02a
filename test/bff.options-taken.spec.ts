import { describe, expect, it } from '@jest/globals';
import { BffOptions, readOptions, type BffOptionsInput } from '../src/bff/bff.options.js';
import { minimum, problems, withOption } from './support/options.js';

describe('unknown names', () => {
  it.each([
    [{ publicURL: 'x' }, 'publicURL is no option; the nearest is publicUrl'],
    [{ limits: { loginBrust: 1 } }, 'limits.loginBrust is no option; the nearest is loginBurst'],
    [{ outbound: { timeOut: 1 } }, 'outbound.timeOut is no option; the nearest is timeout'],
    [{ frontends: [{ kookieSuffix: 'a' }] }, 'frontends[0].kookieSuffix is no option; the nearest is cookieSuffix'],
    [
      { apiRoutes: [{ path: '/api', upstream: 'https://a.example', timout: 1 }] },
      'apiRoutes[0].timout is no option; the nearest is timeout',
    ],
    [JSON.parse('{"__proto__": {"storageUrl": "file:x"}}'), '__proto__ is no option'],
    [{ authorizationParams: { constructor: 'x' } }, 'authorizationParams.constructor is no option'],
  ])('a typo must not fail open: %j', (extra: object, problem) => {
    const input = { ...minimum };
    for (const [name, value] of Object.entries(extra)) Object.defineProperty(input, name, { value, enumerable: true });
    expect(problems(input)).toEqual([problem]);
  });
});

describe('options that are taken', () => {
  it('gives the one frontend `default` for the flat form, and the same again when read again', () => {
    const options = readOptions(minimum);
    expect(options).toBeInstanceOf(BffOptions);
    expect(options.frontends).toHaveLength(1);
    expect(options.frontends[0]).toMatchObject({
      name: 'default',
      clientId: 'spa',
      par: 'required',
      scope: 'openid profile',
    });
    expect(readOptions(options)).toEqual(options);
  });

  it('takes undefined for absent, so that a host may pass what it has', () => {
    const input: BffOptionsInput = {
      ...minimum,
      pathPrefix: undefined,
      scope: undefined,
      outbound: { proxy: undefined },
    };
    expect(readOptions(input)).toEqual(readOptions(minimum));
  });

  it.each([
    ['publicUrl', 'http://localhost:3000'],
    ['publicUrl', 'http://app.localhost'],
    ['publicUrl', 'http://127.8.9.10:1'],
    ['publicUrl', 'http://[::1]:3000'],
    ['issuer', 'https://as.example.org/realms/one/'],
    ['issuer', 'http://127.0.0.1:3001'],
    ['allowedOrigins', ['https://spa.example.org', 'https://app.example.org:8443']],
    ['trustedProxies', ['10.0.0.0/8', '::1']],
    ['pathPrefix', '/app/bff'],
    ['postLogoutPath', '/goodbye?from=app'],
    ['storageUrl', 'file:/var/lib/app'],
    ['idTokenSignedResponseAlg', 'ES256'],
    ['loginParameters', []],
    ['authorizationParams', { audience: 'https://api.example.org', prompt: 'login' }],
  ])('takes %s = %j and keeps it verbatim', (option, value) => {
    const options = readOptions(withOption(option, value));
    expect(option in options ? options : options.frontends[0]).toHaveProperty(option, value);
  });

  it('P1: http is for hosts named exactly in allowHttpFor', () => {
    const urls = { issuer: 'http://as.internal:8080', backchannelUrl: 'http://as.internal' };
    const apiRoutes = [{ path: '/api', upstream: 'http://api.internal/v1' }];
    expect(problems({ ...minimum, ...urls, apiRoutes, allowHttpFor: ['as.internal', 'api.internal'] })).toEqual([]);
    const found = problems({ ...minimum, ...urls, apiRoutes, allowHttpFor: ['internal'] });
    expect(found.map(problem => problem.split(' ')[0])).toEqual(['issuer', 'backchannelUrl', 'apiRoutes[0].upstream']);
  });

  it('takes another private suffix for another site: alice.github.io gets no cookie of bob.github.io', () => {
    const publicUrl = 'https://bob.github.io';
    expect(problems({ ...minimum, publicUrl, allowedOrigins: ['https://alice.github.io'] })).toHaveLength(1);
    expect(problems({ ...minimum, publicUrl, allowedOrigins: ['https://x.bob.github.io'] })).toEqual([]);
  });

  it('takes insecure cookies on loopback', () => {
    expect(problems({ ...minimum, publicUrl: 'http://localhost:3000', insecureCookies: true })).toEqual([]);
  });
});
