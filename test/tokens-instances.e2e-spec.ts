import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { HttpBrowser } from './support/http-browser.js';
import { type Parlour, until } from './support/parlour.js';
import { isLoggedIn, type Scene, script, startScene, turnClock } from './support/scene.js';

let scene: Scene;
let other: Parlour;

beforeAll(async () => {
  scene = await startScene();
  other = await scene.another();
});
afterAll(() => scene.close());
afterEach(() => {
  jest.useRealTimers();
});

const call = (browser: HttpBrowser, { url }: Parlour) => script(browser, `${url}/api/orders`);
const newest = () => scene.hostile.issued.findLast(({ kind }) => kind === 'access_token')?.value;

/** The nth refresh arrives there, and its answer waits until it's let go. */
async function heldRefresh(nth: number, browser: HttpBrowser, instance: Parlour) {
  const released = Promise.withResolvers<void>();
  const lie = { after: released.promise, times: 1 };
  scene.hostile.lies = { refresh: lie };
  const answer = call(browser, instance);
  await scene.hostile.arrived('token', nth, 'refresh_token');
  await until('the answer waits', () => lie.times === 0);
  return { answer, release: () => released.resolve() };
}

describe('two instances that refresh one session at once', () => {
  it('R3: keep it, as the one that is refused finds what the other has stored', async () => {
    scene.hostile.beHonest();
    const browser = await scene.login();
    const copy = browser.clone();
    turnClock(280);
    const first = await heldRefresh(1, browser, scene.parlour);
    const second = await heldRefresh(2, copy, other);
    first.release();
    expect((await first.answer).status).toBe(200);
    second.release();
    expect((await second.answer).status).toBe(200);
    const sent = scene.api.requests.map(({ authorization }) => authorization);
    expect(sent).toEqual([`Bearer ${newest()}`, `Bearer ${newest()}`]);
    expect(await isLoggedIn(copy, other)).toBe(true);
    expect(scene.events('session_ended')).toEqual([]);
  });

  it('R3: lose it when the token that is stored is the one refused', async () => {
    scene.hostile.beHonest();
    const browser = await scene.login();
    turnClock(280);
    scene.hostile.lies = { refresh: { status: 400, body: { error: 'invalid_grant' } } };
    expect((await call(browser, other)).json()).toMatchObject({ code: 'session_ended' });
    expect(await isLoggedIn(browser, scene.parlour)).toBe(false);
  });
});
