import type { Scheduler } from 'fast-check';
import { AsyncLocalStorage } from 'node:async_hooks';
import { FrontendOptions, readOptions } from '../../src/bff/bff.options.js';
import { type BffEvent, Events } from '../../src/bff/events.js';
import { Frontend } from '../../src/bff/frontend.js';
import { LoggedOutSessions } from '../../src/bff/session/logged-out-sessions.js';
import { Sessions } from '../../src/bff/session/session.js';
import type { Storage } from '../../src/bff/storage/storage.js';
import { AccessTokens } from '../../src/bff/tokens/access-token.js';
import { randomKey } from './parlour.js';
import { inTurn, ISSUER, type RotatingTokens } from './rotating-tokens.js';

/** What belongs to one run of a generated order. */
interface Run {
  /** Who may go on next is generated; before and after it there's nobody else. */
  orders?: Scheduler | undefined;
  /** Of storages, under way at this moment. */
  calls: Set<Promise<unknown>>;
  /** Milliseconds by which its clock is ahead of the one on the wall. */
  ahead: number;
}

const runs = new AsyncLocalStorage<Run>();
/** After so many more of its steps somebody stands still. */
const pauses = new AsyncLocalStorage<{ in: number }>();
/** Steps that others may take meanwhile. */
const PAUSE = 25;

async function turn(what: string): Promise<void> {
  const run = runs.getStore();
  const pause = pauses.getStore();
  if (run && pause && pause.in-- === 0) await standStill(run);
  await run?.orders?.schedule(Promise.resolve(), what);
}

async function standStill({ calls, orders }: Run): Promise<void> {
  for (let others = PAUSE; others > 0; others--) {
    await Promise.allSettled(calls);
    await orders?.schedule(Promise.resolve(), '…');
  }
}

export function inRun<T>(work: () => Promise<T>): Promise<T> {
  return runs.run({ calls: new Set(), ahead: 0 }, work);
}

/** All that `work` does, in the orders that `orders` has. */
export async function inOrders(orders: Scheduler, work: () => Promise<unknown>): Promise<void> {
  const run = currentRun();
  run.orders = orders;
  await orders.waitFor(work());
  run.orders = undefined;
}

function currentRun(): Run {
  const run = runs.getStore();
  if (!run) throw new Error('no run');
  return run;
}

/** Stands still before one of its steps, if any, and others come to their end meanwhile. */
export function withPause<T>(before: number | null, work: () => Promise<T>): Promise<T> {
  return before === null ? work() : pauses.run({ in: before }, work);
}

/** When it's its turn; nothing else begins meanwhile. */
export async function whenItsTurn(what: string, work: () => Promise<void>): Promise<void> {
  const { task } = currentRun().orders?.scheduleSequence([{ label: what, builder: work }]) ?? {};
  if ((await task)?.faulty) throw new Error(`${what} failed`);
}

/** The real backend, each of whose calls begins when it's its turn. */
function scheduled(storage: Storage): Storage {
  return new Proxy(storage, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...given: unknown[]): Promise<unknown> => {
        await turn(String(name));
        return underWay(Promise.resolve(Reflect.apply(method, target, given)));
      };
    },
  });
}

function underWay<T>(call: Promise<T>): Promise<T> {
  const calls = runs.getStore()?.calls.add(call);
  const over = () => calls?.delete(call);
  call.then(over, over);
  return call;
}

/** What has happened to each session, by its handle. */
class HeardEvents extends Events {
  readonly heard = new Map<string, BffEvent['event'][]>();

  override record(event: BffEvent): void {
    super.record(event);
    if (!('session' in event)) return;
    const before = this.heard.get(event.session);
    if (before) before.push(event.event);
    else this.heard.set(event.session, [event.event]);
  }
}

/** Whose sessions live for long, or have a short idle or absolute deadline. */
export type Lifetimes = 'long' | 'idle' | 'absolute';

export interface SessionInstance {
  frontends: Record<Lifetimes, Frontend>;
  sessions: Sessions;
  loggedOut: LoggedOutSessions;
  events: HeardEvents;
  storage: Storage;
}

const options = readOptions({
  publicUrl: 'https://app.example',
  issuer: ISSUER,
  clientId: 'app',
  clientSecret: 'a-secret-that-is-long-enough-for-anybody',
  keys: [randomKey()],
  storageUrl: 'file:./unused',
});

/** What a process has of sessions, without its HTTP. `short`: milliseconds. */
export async function startInstance(server: RotatingTokens, storage: Storage, short: number): Promise<SessionInstance> {
  const events = new HeardEvents();
  const sessions = new Sessions(events, new AccessTokens(events));
  const surroundings = { options, storage: scheduled(storage), outbound: inTurn(server.dispatcher, turn), events };
  const [own] = options.frontends;
  if (!own) throw new Error('no frontend');
  const frontends = {
    long: new Frontend(own, surroundings),
    idle: new Frontend(Object.assign(new FrontendOptions(), own, { sessionIdleTimeout: short / 1000 }), surroundings),
    absolute: new Frontend(
      Object.assign(new FrontendOptions(), own, { sessionAbsoluteTimeout: short / 1000 }),
      surroundings,
    ),
  };
  await Promise.all(Object.values(frontends).map(({ client }) => client.prepare()));
  return { frontends, sessions, loggedOut: new LoggedOutSessions(sessions, events), events, storage };
}

const wall = Date.now;

/**
 * Each run has a clock of its own, for all that knows the time by `Date.now`, as the embedded storage does, whose records are of one run alone. It isn't
 * turned while a call of the storage is under way: that would take no time to decide, and hours to write.
 */
export function turnableClock() {
  Date.now = () => wall() + (runs.getStore()?.ahead ?? 0);
  return {
    turn: async (milliseconds: number) => {
      const run = currentRun();
      await Promise.allSettled(run.calls);
      run.ahead += milliseconds;
    },
    restore: () => (Date.now = wall),
  };
}
