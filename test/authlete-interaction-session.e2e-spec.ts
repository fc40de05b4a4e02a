import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import session, { MemoryStore, type SessionData } from 'express-session';
import { AuthleteModule } from '../src/authlete/index.js';
import { Turns } from '../src/authlete/interaction/turns.js';
import {
  begin,
  heard,
  type LoginStage,
  logIn,
  press,
  signedIn,
  startLoginStage,
  title,
} from './support/authlete-browser.js';
import { HttpBrowser } from './support/http-browser.js';

/** A host's store, which may fail, or find nothing any more. */
class Store extends MemoryStore {
  fails = new Set<'get' | 'set' | 'destroy'>();
  /** How many more times it finds something. */
  finds = Infinity;

  override get(id: string, callback: (error: unknown, data?: SessionData | null) => void): void {
    if (this.fails.has('get')) callback(new Error('the disk is full'));
    else if (this.finds-- > 0) super.get(id, callback);
    else callback(null, null);
  }

  override set(id: string, data: SessionData, callback?: (error?: unknown) => void): void {
    if (this.fails.has('set')) callback?.(new Error('the disk is full'));
    else super.set(id, data, callback);
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    if (this.fails.has('destroy')) callback?.(new Error('the disk is full'));
    else super.destroy(id, callback);
  }
}

const store = new Store();
let stage: LoginStage;
let browser: HttpBrowser;

beforeAll(async () => {
  stage = await startLoginStage({ sessionStore: store });
});
afterAll(() => stage?.close());
beforeEach(() => {
  stage.emulator.calls.splice(0);
  browser = new HttpBrowser();
});
afterEach(() => {
  store.fails.clear();
  store.finds = Infinity;
  store.emit('connect');
});

describe('a session store that can’t be asked', () => {
  it.each(['get', 'set', 'destroy'] as const)(
    'E10: on %s is explained in a page, and nobody is logged in',
    async operation => {
      await begin(stage, browser);
      store.fails.add(operation);
      const page = await logIn(browser);
      expect([page.status, title(page)]).toEqual([503, 'You can’t sign in at the moment']);
      expect(page.body).not.toContain('disk');
      expect(stage.log()).toContain('The session store can’t be asked, Error');
      store.fails.clear();
      expect(title(await begin(stage, browser))).toBe('Sign in');
    },
  );

  it('E10: because it has no connection is explained too, instead of going on without a session', async () => {
    await begin(stage, browser);
    store.emit('disconnect');
    expect((await browser.reload()).status).toBe(503);
    store.emit('connect');
    expect((await browser.navigate(browser.url ?? '')).status).toBe(200);
  });

  it('E7: spends no ticket', async () => {
    await begin(stage, browser);
    await logIn(browser);
    store.fails.add('set');
    const again = browser.clone();
    expect((await press(browser, 'allow')).status).toBe(503);
    store.fails.clear();
    expect(stage.ends()).toEqual([]);
    expect(heard(await press(again, 'allow'))).toHaveProperty('code');
  });
});

describe('a request that a login in another tab has overtaken', () => {
  it('E11: is asked to try again, and doesn’t bring its old session back', async () => {
    browser = await signedIn(stage);
    store.finds = 1;
    const answer = await begin(stage, browser);
    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({ error: 'temporarily_unavailable' });
    expect(answer.setCookie).toEqual([]);
    store.finds = Infinity;
    expect(title(await browser.reload())).toBe('Allow access?');
  });

  it('E7: decides nothing', async () => {
    await begin(stage, browser);
    await logIn(browser);
    store.finds = 1;
    const page = await press(browser, 'allow');
    expect([page.status, title(page)]).toEqual([400, 'This sign-in can’t go on']);
    expect(page.setCookie).toEqual([]);
    expect(stage.ends()).toEqual([]);
  });
});

describe('turns', () => {
  it('E7: are taken one after another by what changes one session, and nobody waits for another’s', async () => {
    const turns = new Turns();
    const order: string[] = [];
    let finish = (): void => undefined;
    const held = new Promise<void>(resolve => (finish = resolve));
    const first = turns.take('one', async () => {
      order.push('begins');
      await held;
      order.push('ends');
      throw new Error('and fails');
    });
    const second = turns.take('one', async () => void order.push('the next'));
    await turns.take('another', async () => void order.push('another’s'));
    finish();
    await expect(first).rejects.toThrow('and fails');
    await second;
    expect(order).toEqual(['begins', 'another’s', 'ends', 'the next']);
  });
});

describe('a host', () => {
  it('E11: with a session middleware of its own in front finds out at once: ours would step aside in silence', async () => {
    const { emulator, issuer, village } = stage;
    const { serviceId, accessToken } = emulator.credentials;
    const api = { baseUrl: emulator.url, serviceId, accessToken };
    const events: unknown[] = [];
    const record = (event: unknown) => void events.push(event);
    const options = { issuer, api, cookieKeys: ['a-key-of-this-test-4711-0815-xyz'], accounts: village, record };
    const module = AuthleteModule.forRoot(options);
    const app = await NestFactory.create<NestExpressApplication>(module, { bodyParser: false, logger: false });
    app.use(session({ secret: 'x', resave: false, saveUninitialized: false }));
    await app.listen(0, '127.0.0.1');
    const answer = await fetch(`${await app.getUrl()}/as/authorization`);
    await app.close();
    expect(answer.status).toBe(500);
    expect(JSON.stringify(events)).toContain('another session middleware runs before AuthleteModule');
  });
});
