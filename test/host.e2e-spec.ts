import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Body, Controller, Get, HttpCode, type MiddlewareConsumer, Module, Post, UseGuards } from '@nestjs/common';
import express from 'express';
import { AccessToken, BffModule, CsrfGuard, CurrentUser, SessionGuard } from '../src/bff/index.js';
import { type Host, startHost, surroundings, type Surroundings } from './support/host.js';
import { tokenLies } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { script, turnClock } from './support/scene.js';

let around: Surroundings;
let host: Host;

@Controller('me')
@UseGuards(CsrfGuard, SessionGuard)
class MeController {
  @Get()
  show(@CurrentUser() user: unknown) {
    return user;
  }

  @Get('token')
  token(@AccessToken() token: string) {
    return { token };
  }

  @Post('notes')
  @HttpCode(200)
  note(@CurrentUser() user: { sub: string }, @Body() body: unknown) {
    return { by: user.sub, body };
  }
}

@Controller('open')
class OpenController {
  @Get('user')
  user(@CurrentUser() user: unknown) {
    return user;
  }

  @Get('token')
  token(@AccessToken() token: string) {
    return { token };
  }
}

@Module({ controllers: [MeController, OpenController] })
class FeatureModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(express.json()).forRoutes(MeController);
  }
}

const at = (browser: HttpBrowser, path: string, init = {}) => script(browser, host.url + path, init);
const newestToken = () => around.hostile.issued.findLast(({ kind }) => kind === 'access_token')?.value;

async function loggedIn(): Promise<HttpBrowser> {
  const browser = new HttpBrowser();
  await browser.navigate(`${host.url}/bff/login?return_to=/me`);
  return browser;
}

beforeAll(async () => {
  around = await surroundings({ sessionIdleTimeout: 600 });
  const bff = BffModule.forRoot({ ...around.options, pathPrefix: '/bff', isGlobal: true });
  host = await startHost(around, bff, [], { imports: [FeatureModule] });
});
afterAll(async () => {
  await host.close();
  await around.hostile.close();
});
beforeEach(() => {
  around.hostile.beHonest();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a host application with BffModule.forRoot, a path prefix, and global', () => {
  it('has the BFF’s endpoints under the prefix, and nowhere else', async () => {
    const browser = await loggedIn();
    expect((await at(browser, '/bff/session')).json()).toMatchObject({ authenticated: true });
    expect(around.hostile.to('par')[0]?.params.get('redirect_uri')).toBe(`${host.url}/bff/callback`);
    for (const path of ['/session', '/login', '/callback', '/api/x'])
      expect((await at(browser, path)).status).toBe(404);
    const { redirectUrl } = (await at(browser, '/bff/logout', { method: 'POST' })).json();
    expect(redirectUrl).toMatch(/^\/bff\/logout\/continue\?/);
  });

  it('B21: doesn’t slide by /session under the prefix either', async () => {
    const browser = await loggedIn();
    const before = (await at(browser, '/bff/session')).body;
    turnClock(300);
    await at(browser, '/bff/session');
    expect((await at(browser, '/bff/session')).body).toBe(before);
    await at(browser, '/me');
    expect((await at(browser, '/bff/session')).body).not.toBe(before);
  });

  it('gives its controllers the current user and a valid access token', async () => {
    const browser = await loggedIn();
    expect((await at(browser, '/me')).json()).toEqual({ sub: 'alice' });
    expect((await at(browser, '/me/token')).json()).toEqual({ token: newestToken() });
    turnClock(280);
    const old = newestToken();
    expect((await at(browser, '/me/token')).json()).toEqual({ token: newestToken() });
    expect(newestToken()).not.toBe(old);
  });

  it('lets a controller have its own body parser', async () => {
    const browser = await loggedIn();
    const answer = await at(browser, '/me/notes', { method: 'POST', json: { text: 'x' } });
    expect(answer.json()).toEqual({ by: 'alice', body: { text: 'x' } });
  });

  it('B12: guards its controllers against requests without the header, as its own', async () => {
    const browser = await loggedIn();
    const bare = await browser.fetch(`${host.url}/me`, { page: host.url });
    expect([bare.status, bare.json()['code']]).toEqual([403, 'csrf_header_missing']);
    const foreign = await at(browser, '/me', { headers: { origin: 'https://evil.example' } });
    expect([foreign.status, foreign.json()['code']]).toEqual([403, 'cross_site_request']);
  });

  it('sees errors with their right status and code without our filter, and no secret in them', async () => {
    const nobody = new HttpBrowser();
    for (const path of ['/me', '/me/token', '/open/user', '/open/token']) {
      const answer = await at(nobody, path);
      expect(answer.status).toBe(401);
      expect(answer.json()).toMatchObject({ status: 401, code: 'not_authenticated', title: 'Not authenticated' });
    }
    const browser = await loggedIn();
    turnClock(400);
    around.hostile.lies = { refresh: tokenLies['503'] };
    const away = await at(browser, '/me/token');
    expect([away.status, away.json()['code']]).toEqual([503, 'authorization_server_unavailable']);
    const other = await loggedIn();
    turnClock(400);
    around.hostile.lies = { refresh: tokenLies['400 invalid_grant'] };
    const ended = await at(other, '/me/token');
    expect([ended.status, ended.json()['code']]).toEqual([401, 'session_ended']);
    expect(ended.body).not.toContain('secret reason');
  });
});
