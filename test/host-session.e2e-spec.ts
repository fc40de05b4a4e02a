import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type CanActivate, Controller, type ExecutionContext, Get, Module, Req, Res, UseFilters } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { Request, Response } from 'express';
import { setTimeout as pause } from 'node:timers/promises';
import { AccessToken, BffModule, ErrorFilter, STORAGE, type Storage } from '../src/bff/index.js';
import { type Host, startHost, surroundings, type Surroundings } from './support/host.js';
import { HttpBrowser } from './support/http-browser.js';
import { isLoggedIn, loggedIn, type RecordingApi, script, startRecordingApi } from './support/scene.js';

declare module 'express-session' {
  interface SessionData {
    basket?: string[];
  }
}

let api: RecordingApi;
let around: Surroundings;
let host: Host;
/** Held by a test that wants the host to be slow. */
let slow: PromiseWithResolvers<void>;
let arrived: PromiseWithResolvers<void>;

class SlowGuard implements CanActivate {
  async canActivate(context: ExecutionContext) {
    const { path } = context.switchToHttp().getRequest<Request>();
    if (!/^\/(api|open\/token)/.test(path)) return true;
    arrived.resolve();
    await slow.promise;
    return true;
  }
}

@Module({ providers: [{ provide: APP_GUARD, useClass: SlowGuard }] })
class GuardModule {}

@Controller('open')
class BasketController {
  @Get('add')
  add(@Req() { session, query }: Request) {
    session.basket = [...(session.basket ?? []), JSON.stringify(query['what'])];
    return session.basket;
  }

  @Get('basket')
  basket(@Req() { session }: Request) {
    return session.basket ?? [];
  }

  @Get('slow')
  async slow(@Req() { session }: Request) {
    arrived.resolve();
    await slow.promise;
    session.basket = ['too late'];
    return 'done';
  }

  @Get('token')
  @UseFilters(ErrorFilter)
  token(@AccessToken() token: string) {
    return token.length;
  }

  @Get('leave')
  leave(@Req() { session }: Request, @Res() response: Response) {
    session.destroy(error => response.json({ error: error ?? null }));
  }
}

const at = (browser: HttpBrowser, path: string, init = {}) => script(browser, host.url + path, init);
const storage = () => host.app.get<Storage>(STORAGE);

beforeAll(async () => {
  api = await startRecordingApi();
  around = await surroundings({ apiRoutes: [{ path: '/api', upstream: api.url }] });
  const bff = BffModule.forRoot(around.options);
  host = await startHost(around, bff, [BasketController], { imports: [GuardModule] });
});
afterAll(async () => {
  await host.close();
  await around.hostile.close();
  await api.close();
});
beforeEach(() => {
  around.hostile.beHonest();
  slow = Promise.withResolvers();
  arrived = Promise.withResolvers();
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe('what a host keeps in req.session', () => {
  it('R10: stays with the session, is sealed, and goes with it', async () => {
    const browser = await loggedIn(host.url);
    await at(browser, '/open/add?what=tea');
    await at(browser, '/open/add?what=scones');
    expect((await at(browser, '/open/basket')).body).toBe(JSON.stringify(['"tea"', '"scones"']));
    expect((await at(await loggedIn(host.url), '/open/basket')).body).toBe('[]');
    await browser.navigate(`${host.url}/login`);
    expect((await at(browser, '/open/basket')).body).toBe('[]');
  });

  it('R10: doesn’t slide or touch the session’s own records', async () => {
    const browser = await loggedIn(host.url);
    const writes = jest.spyOn(storage(), 'put');
    await at(browser, '/open/add?what=tea');
    expect(writes.mock.calls.map(([key]) => key.split(':').at(-1))).toEqual(['data']);
  });

  it('R10: written by a slow request after the logout brings nothing back', async () => {
    const browser = await loggedIn(host.url);
    const copy = browser.clone();
    const answered = at(copy, '/open/slow');
    await arrived.promise;
    await at(browser, '/logout', { method: 'POST' });
    const writes = (['put', 'putIfAbsent', 'compareAndSwap', 'addToSet'] as const).map(name =>
      jest.spyOn(storage(), name),
    );
    slow.resolve();
    expect((await answered).status).toBe(200);
    expect(await isLoggedIn(copy, host)).toBe(false);
    for (const write of writes) expect(write).not.toHaveBeenCalled();
  });

  it('R10: whose write meets the session’s end isn’t left behind', async () => {
    const browser = await loggedIn(host.url);
    const put = storage().put.bind(storage());
    const [reached, released] = [Promise.withResolvers<string>(), Promise.withResolvers<void>()];
    // the real write, a little later
    jest.spyOn(storage(), 'put').mockImplementation(async (key, ...rest) => {
      if (key.endsWith(':data')) {
        reached.resolve(key);
        await released.promise;
      }
      return put(key, ...rest);
    });
    const writing = at(browser.clone(), '/open/add?what=tea');
    const key = await reached.promise;
    await at(browser, '/logout', { method: 'POST' });
    released.resolve();
    await writing;
    expect(await storage().get(key)).toBeUndefined();
  });

  it('R10: written by a slow request while a login replaces the session goes with the old one', async () => {
    const browser = await loggedIn(host.url);
    const copy = browser.clone();
    const answered = at(copy, '/open/slow');
    await arrived.promise;
    await browser.navigate(`${host.url}/login`);
    slow.resolve();
    await answered;
    expect(await isLoggedIn(copy, host)).toBe(false);
    expect((await at(browser, '/open/basket')).body).toBe('[]');
  });

  it('R10: of somebody who isn’t logged in is written nowhere: only a login creates', async () => {
    const nobody = new HttpBrowser();
    const writes = jest.spyOn(storage(), 'put');
    await at(nobody, '/open/add?what=tea');
    await at(nobody, '/open/add?what=tea');
    expect((await at(nobody, '/open/basket')).body).toBe('[]');
    expect(writes.mock.calls).toEqual([]);
    expect(await isLoggedIn(nobody, host)).toBe(false);
  });

  it('L3: req.session.destroy() ends the session and revokes its tokens', async () => {
    const browser = await loggedIn(host.url);
    const copy = browser.clone();
    expect((await at(browser, '/open/leave')).json()).toEqual({ error: null });
    expect(await isLoggedIn(copy, host)).toBe(false);
    expect(around.hostile.count('revocation')).toBe(2);
  });
});

describe('an access token', () => {
  it.each([
    ['a host’s handler', '/open/token'],
    ['an API', '/api/orders'],
  ])(
    'R13: goes to %s no more a hundred milliseconds after its session’s end, however long a guard took',
    async (_, path) => {
      const browser = await loggedIn(host.url);
      const answered = at(browser.clone(), path);
      await arrived.promise;
      await at(browser, '/logout', { method: 'POST' });
      await pause(100);
      slow.resolve();
      const answer = await answered;
      expect([answer.status, answer.json()]).toMatchObject([401, { code: 'session_ended' }]);
      expect(api.requests).toEqual([]);
    },
  );
});
