import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Frontends } from '../src/bff/frontend.js';
import { sessionHandle, sessionKey } from '../src/bff/session/session-record.js';
import { Events } from '../src/bff/events.js';
import { leaseOf, RefreshLease } from '../src/bff/tokens/refresh-lease.js';
import { RefreshWatch } from '../src/bff/tokens/refresh-watch.js';
import { refresh } from '../src/bff/tokens/refresh.js';
import { readTokens, type StoredTokens, swapTokens, type TokenOwner } from '../src/bff/tokens/token-store.js';
import type { HttpBrowser } from './support/http-browser.js';
import type { Parlour } from './support/parlour.js';
import { isLoggedIn, rawSessionId, type Scene, script, startScene, turnClock } from './support/scene.js';

let scene: Scene;
let other: Parlour;

beforeAll(async () => {
  scene = await startScene();
  other = await scene.another();
});
afterAll(() => scene.close());
beforeEach(() => {
  scene.hostile.beHonest();
  scene.api.requests = [];
});
afterEach(() => {
  jest.useRealTimers();
});

const call = (browser: HttpBrowser, { url }: Parlour) => script(browser, `${url}/api/orders`);
const issued = (wanted: string) => scene.hostile.issued.filter(({ kind }) => kind === wanted).map(({ value }) => value);
const newest = () => issued('access_token').at(-1);
const refreshes = () => scene.hostile.to('token', 'refresh_token');
const sent = () => scene.api.requests.map(({ authorization }) => authorization.replace('Bearer ', ''));

/** A refresh that has arrived at the authorization server, which answers only when it's let go. */
async function heldRefresh(browser: HttpBrowser, answer: object = {}) {
  const released = Promise.withResolvers<void>();
  scene.hostile.lies = { refresh: { ...answer, after: released.promise, times: 1 } };
  const answered = call(browser, scene.parlour);
  await scene.hostile.arrived('token', 1, 'refresh_token');
  return { answered, release: () => released.resolve() };
}

/** Calls that came after it have been answered: it has got as far as it can. */
async function isWaiting(browser: HttpBrowser, instance: Parlour): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await isLoggedIn(browser, instance);
}

function ownerOf(browser: HttpBrowser, parlour: Parlour = scene.parlour): TokenOwner {
  const [frontend] = parlour.server.app.get(Frontends, { strict: false }).all;
  if (!frontend) throw new Error('no frontend');
  const key = sessionKey(frontend, frontend.keys.mac('storage key', rawSessionId(browser, scene.parlour.url)));
  return { frontend, key, handle: sessionHandle(frontend, key), absoluteExpiresAt: Date.now() + 3_600_000 };
}

async function tokensOf(owner: TokenOwner): Promise<StoredTokens> {
  const stored = await readTokens(owner);
  if (!stored) throw new Error('no tokens');
  return stored;
}

describe('two instances and one session', () => {
  it('R1: one refreshes, the other waits, and both go on with what came', async () => {
    const browser = await scene.login();
    const copy = browser.clone();
    turnClock(400);
    const held = await heldRefresh(browser);
    const second = call(copy, other);
    await isWaiting(copy, other);
    held.release();
    expect([(await held.answered).status, (await second).status]).toEqual([200, 200]);
    expect(refreshes()).toHaveLength(1);
    expect(sent()).toEqual([newest(), newest()]);
  });

  it('R5: nobody waits for another instance’s refresh while the old access token lives', async () => {
    const browser = await scene.login();
    const copy = browser.clone();
    const old = newest();
    turnClock(280);
    const held = await heldRefresh(browser);
    expect((await call(copy, other)).status).toBe(200);
    expect(sent()).toEqual([old]);
    held.release();
    expect((await held.answered).status).toBe(200);
    expect(refreshes()).toHaveLength(1);
  });

  it('R5: a refresh that fails fails for those who wait elsewhere, too: the server in trouble isn’t asked by each', async () => {
    const browser = await scene.login();
    const copy = browser.clone();
    turnClock(400);
    const held = await heldRefresh(browser, { status: 503, headers: { 'retry-after': '9' }, body: {} });
    const second = call(copy, other);
    await isWaiting(copy, other);
    held.release();
    for (const answer of [await held.answered, await second]) {
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBe('9');
    }
    expect(refreshes()).toHaveLength(1);
  });

  it('R4: a logout at one during a refresh at the other isn’t undone, and what came is revoked', async () => {
    const browser = await scene.login();
    const copy = browser.clone();
    turnClock(400);
    const held = await heldRefresh(browser);
    const second = call(copy, other);
    await isWaiting(copy, other);
    expect((await script(copy, `${other.url}/logout`, { method: 'POST' })).status).toBe(200);
    held.release();
    expect((await held.answered).json()).toMatchObject({ code: 'session_ended' });
    expect((await second).json()).toMatchObject({ code: 'session_ended' });
    for (const kind of ['access_token', 'refresh_token']) {
      expect(scene.hostile.grants.isLive(issued(kind).at(-1) ?? '')).toBe(false);
    }
    expect(scene.api.requests).toEqual([]);
  });

  it('B18, R3: both lose it when the token that is stored is the one refused', async () => {
    const browser = await scene.login();
    turnClock(280);
    scene.hostile.lies = { refresh: { status: 400, body: { error: 'invalid_grant' } } };
    expect((await call(browser, other)).json()).toMatchObject({ code: 'session_ended' });
    expect(await isLoggedIn(browser, scene.parlour)).toBe(false);
  });
});

describe('a holder that stood still for longer than its lease', () => {
  /** What a stopped process holds in its hands, and what another one has done meanwhile. */
  async function overtaken() {
    const browser = await scene.login();
    const [mine, theirs] = [ownerOf(browser), ownerOf(browser, other)];
    const lease = await RefreshLease.take(mine, await tokensOf(mine));
    const { refreshToken = '' } = (await tokensOf(mine)).tokens;
    const taken = await RefreshLease.take(theirs, await tokensOf(theirs));
    if (!lease || !taken) throw new Error('the lease couldn’t be taken');
    const events = scene.parlour.server.app.get(Events, { strict: false });
    const takenOver = () => refresh(theirs, taken, refreshToken, other.server.app.get(Events, { strict: false }));
    return { mine, takenOver, late: () => refresh(mine, lease, refreshToken, events) };
  }

  it('R2: can’t store its late answer, gives the access token back, and goes on with what the other got', async () => {
    scene.hostile.grants.reuseWindow = true;
    const { mine, takenOver, late } = await overtaken();
    const theirs = await takenOver();
    expect(await late()).toEqual(theirs);
    expect((await tokensOf(mine)).tokens).toEqual(theirs.kind === 'fresh' ? theirs.tokens : undefined);
    expect(scene.hostile.grants.isLive(newest() ?? '')).toBe(false);
    expect(scene.hostile.to('revocation')).toHaveLength(1);
    expect(scene.hostile.grants.isLive(theirs.kind === 'fresh' ? theirs.tokens.accessToken : '')).toBe(true);
  });

  it('R3: whose refresh token is refused, because the other has used it, goes on with what the other has stored', async () => {
    const { takenOver, late } = await overtaken();
    const theirs = await takenOver();
    expect(await late()).toEqual(theirs);
  });

  it('R5: tells of its failure although a renewal of its own comes in between', async () => {
    const owner = ownerOf(await scene.login());
    const lease = await RefreshLease.take(owner, await tokensOf(owner));
    const { version, ...record } = await tokensOf(owner);
    if (!lease || !record.refresh) throw new Error('the lease couldn’t be taken');
    const renewed = swapTokens(owner, version, { ...record, refresh: { ...record.refresh, since: Date.now() } });
    await Promise.all([renewed, lease.fail({ retryAfter: 7 })]);
    lease.release();
    expect((await tokensOf(owner)).refresh?.failed).toMatchObject({ retryAfter: 7 });
  });

  it('R2: is waited for as long as it gives signs, and for its lease after the last, by the monotonic clock', async () => {
    const owner = ownerOf(await scene.login());
    const watch = new RefreshWatch(owner);
    const mark = { id: 'stopped', since: Date.now() };
    expect(watch.isUnderWay(mark)).toBe(true);
    const later = performance.now() + leaseOf(owner);
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => later);
    expect(watch.isUnderWay(mark)).toBe(false);
    expect(watch.isUnderWay({ ...mark, since: mark.since + 1 })).toBe(true);
    clock.mockRestore();
  });

  it('R2: finds by the monotonic clock that it’s too late to send', async () => {
    const { late } = await overtaken();
    const later = performance.now() + 60_000;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => later);
    expect(await late()).toMatchObject({ kind: 'failed' });
    clock.mockRestore();
    expect(refreshes()).toEqual([]);
  });
});
