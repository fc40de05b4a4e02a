import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { BffError } from '../src/bff/errors.js';
import type { BffEvent } from '../src/bff/events.js';
import type { Frontend } from '../src/bff/frontend.js';
import type { Session } from '../src/bff/session/session-record.js';
import { SessionStore } from '../src/bff/session/session-store.js';
import type { Sessions } from '../src/bff/session/session.js';
import { LoggedOutMeanwhile } from '../src/bff/session/tombstone.js';
import type { Storage } from '../src/bff/storage/storage.js';
import { revokeTokens } from '../src/bff/tokens/revocation.js';
import { routeToken } from '../src/bff/tokens/route-token.js';
import { readTokens } from '../src/bff/tokens/token-store.js';
import { named } from './support/generated-runs.js';
import { until } from './support/parlour.js';
import { RotatingTokens } from './support/rotating-tokens.js';
import { type Backend, embedded, redis } from './support/session-backends.js';
import {
  inOrders,
  inRun,
  type SessionInstance,
  startInstance,
  whenItsTurn,
  withPause,
} from './support/session-instances.js';

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);

const server = new RotatingTokens();
let backend: Backend;
let instances: [SessionInstance, SessionInstance];
/** Has never looked before, and so has nothing in a cache. */
let witness: SessionInstance;

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));

/** What ends in the midst of it all, if anything: a deadline, or the refresh token with its record. */
const endings = [undefined, undefined, undefined, 'idle', 'absolute', 'refreshToken'] as const;
type Ending = (typeof endings)[number];
/** What is gone when it has ended. */
const RECORD = { idle: 'seen', absolute: 'session', refreshToken: 'tokens' };

interface Login {
  id: string;
  grant: string;
  frontend: (instance: SessionInstance) => Frontend;
  session?: Session;
}
interface First extends Login {
  sid: string;
  ending: Ending;
  session: Session;
  /** How often that has happened to it, wherever. */
  times: (event: BffEvent['event']) => number;
}

/** Of each end whether it has come in the midst of it all, and not before its turn. */
const midsts: boolean[] = [];
let ids = 0;

/** A session whose access token has expired, so that every call needs a refresh. None: its `sid` has been logged out. */
async function loggedIn(instance: SessionInstance, sid: string, ending?: Ending): Promise<Login> {
  const { sessions, events } = instance;
  const frontend = ({ frontends }: SessionInstance) =>
    frontends[ending === undefined || ending === 'refreshToken' ? 'long' : ending];
  const { grant, ...issued } = server.login();
  const id = `id ${(ids += 1)}`;
  const now = Date.now();
  const end = ending === 'refreshToken' && { refreshExpiresAt: now + backend.clock.short };
  const tokens = { ...issued, obtainedAt: now - 400_000, expiresAt: now - 100_000, ...end };
  const known = { id, grant, frontend };
  try {
    const login = { subject: 'alice', sid, user: {} };
    return { ...known, session: await sessions.start(frontend(instance), id, tokens, login, now / 1000) };
  } catch (error) {
    if (!(error instanceof LoggedOutMeanwhile)) throw error;
    await revokeTokens({ frontend: frontend(instance), handle: 'none' }, tokens, events);
    return known;
  }
}

async function firstLogin(ending: Ending): Promise<First> {
  const sid = `sid ${(ids += 1)}`;
  const { session, ...login } = await loggedIn(instances[0], sid, ending);
  if (!session) throw new Error('no session');
  const events = () => instances.flatMap(instance => instance.events.heard.get(session.handle) ?? []);
  const times = (event: BffEvent['event']) => events().filter(each => each === event).length;
  return { ...login, session, sid, ending, times };
}

/** `ofRoute`: a call on a route that wants another token of the user’s than the session’s own. */
const acts = [
  ...(['call', 'call', 'ofRoute', 'rejected', 'slide', 'hostWrites'] as const),
  ...(['logout', 'login', 'second', 'backchannel'] as const),
];
type Act = (typeof acts)[number];

const ofOrders = routeToken({ resource: 'https://orders.example', tokenExchange: false });

/** As requests do it: the session that was found stays in the request's hands, whatever happens meanwhile. */
async function act(kind: Act, instance: SessionInstance, first: First, started: (again: Login) => void) {
  const { sessions, loggedOut } = instance;
  const { id, sid } = first;
  const frontend = first.frontend(instance);
  if (kind === 'backchannel') {
    await loggedOut.end(frontend, { sid, issuedAt: Date.now() / 1000 });
    return loggedOut.settled();
  }
  // another browser at the same session there
  if (kind === 'second') return started(await loggedIn(instance, sid));
  const session = await sessions.find(frontend, id);
  if (!session) return;
  const doing: Record<Exclude<Act, 'second' | 'backchannel'>, () => Promise<unknown>> = {
    call: () => sessions.tokens(session),
    ofRoute: () => sessions.tokens(session, ofOrders),
    rejected: async () => sessions.tokenRejected(session, await sessions.tokens(session)),
    slide: () => sessions.slide(session),
    hostWrites: () => hostWrites(frontend, sessions, id),
    logout: () => sessions.endAndRevoke(session, 'logout'),
    login: async () => {
      await sessions.endAndRevoke(session, 'replaced');
      started(await loggedIn(instance, sid));
    },
  };
  await doing[kind]().catch(refusal);
}

function hostWrites(frontend: Frontend, sessions: Sessions, id: string): Promise<void> {
  const data = { cookie: { originalMaxAge: null }, cart: ['book'] };
  return new Promise((resolve, reject) => {
    new SessionStore(frontend, sessions).set(id, data, error => (error ? reject(error) : resolve()));
  });
}

/** A session that ended meanwhile is told so. */
function refusal(error: unknown): void {
  if (!(error instanceof BffError)) throw error;
}

/** Half of a short life; then the rest of it, which may have been prolonged. */
function timePasses(first: First): Promise<void>[] {
  const { session, ending } = first;
  if (!ending) return [];
  const { clock } = backend;
  const goesOn = async () => !isProlonged(first) && backend.holds(`${session.key}:${RECORD[ending]}`);
  return [
    whenItsTurn('half of it passes', async () => void (await clock.pass(clock.short / 2))),
    whenItsTurn('its end comes', async () => {
      midsts.push(await goesOn());
      while (await goesOn()) await clock.pass(clock.short / 10);
    }),
  ];
}

/** The next refresh token has no end that is known. */
const isProlonged = ({ ending, times }: First) => ending === 'refreshToken' && times('refresh_completed') > 0;

const find = (instance: SessionInstance, { frontend, id }: Login) => instance.sessions.find(frontend(instance), id);

/** Everywhere, for which R13 gives two seconds; to the last record at once. */
async function isEnded(login: Login): Promise<void> {
  await areGone(login, ['session', 'tokens', 'seen', 'data']);
  isUnusable(login);
  await everywhere(async instance => !(await find(instance, login)));
}

async function areGone({ session }: Login, kinds: string[]): Promise<void> {
  for (const kind of session ? kinds : []) {
    expect([kind, await backend.holds(`${session?.key}:${kind}`)]).toEqual([kind, false]);
  }
}

function isUnusable({ grant }: Login): void {
  expect(server.livingRefreshToken(grant)).toBeUndefined();
  expect(server.hasLivingAccessToken(grant)).toBe(false);
}

async function isAlive(login: Login): Promise<void> {
  await keepsItsToken(login);
  const living = server.livingRefreshToken(login.grant);
  await everywhere(async instance => {
    const found = await find(instance, login);
    return found?.key === login.session?.key && found && (await readTokens(found))?.tokens.refreshToken === living;
  });
}

async function keepsItsToken(login: Login): Promise<void> {
  const { grant, session } = login;
  const kept = session && (await readTokens({ ...session, frontend: login.frontend(witness) }));
  expect(kept?.tokens.refreshToken).toEqual(expect.any(String));
  expect(kept?.tokens.refreshToken).toBe(server.livingRefreshToken(grant));
}

async function everywhere(isSo: (instance: SessionInstance) => Promise<boolean | undefined>): Promise<void> {
  const began = performance.now();
  for (const instance of instances) await until('it is so at both', () => isSo(instance));
  expect(performance.now() - began).toBeLessThan(2000);
}

/** Its end has come: nobody finds it any more, at once and whatever came late. */
async function isOver(first: First, ending: Exclude<Ending, undefined>): Promise<void> {
  if (first.times('session_ended') > 0) {
    await areGone(first, ['session', 'tokens', 'seen', 'data']);
    // else the record may have gone with what would have been revoked
    if (ending === 'idle') isUnusable(first);
  } else {
    await areGone(first, [RECORD[ending]]);
    if (ending === 'idle') await keepsItsToken(first);
  }
  for (const instance of instances) expect(await find(instance, first)).toBeUndefined();
}

/** What each refresh brought is kept, or has been given back. */
function isAccountedFor(first: First): void {
  const orphaned = first.times('refresh_orphaned');
  expect(server.refreshesOf(first.grant)).toBe(first.times('refresh_completed') + orphaned);
  if (orphaned > 0) isUnusable(first);
}

/** What is done, at which instance, and before which of its steps it stands still. */
const generatedAct = fc.tuple(fc.constantFrom(...acts), fc.constantFrom(0, 1), fc.option(fc.nat(12)));
const generatedActs = fc.array(generatedAct, { minLength: 2, maxLength: 5 });

async function oneOrder(orders: fc.Scheduler, chosen: [Act, number, number | null][], ending: Ending): Promise<void> {
  const first = await firstLogin(ending);
  const again: Login[] = [];
  await inOrders(orders, () => {
    const all = chosen.map(([kind, at, pause]) =>
      withPause(pause, () => act(kind, instances[at === 0 ? 0 : 1], first, login => again.push(login))),
    );
    return Promise.all([...all, ...timePasses(first)]);
  });
  const did = (...kinds: Act[]) => chosen.some(([kind]) => kinds.includes(kind));
  isAccountedFor(first);
  if (ending && !isProlonged(first)) await isOver(first, ending);
  else await (did('backchannel', 'logout', 'login') ? isEnded(first) : isAlive(first));
  for (const login of again) await (did('backchannel') ? isEnded(login) : isAlive(login));
  expect(server.reused).toEqual([]);
}

/** `atOnce`: runs that are under way together, as most of the time each waits, for a disk or a clock. */
const BACKENDS = [
  { name: 'embedded', runs: 10_000, atOnce: 50, open: embedded },
  { name: 'Redis', runs: 1000, atOnce: 20, open: redis },
];

describe.each(BACKENDS)('whatever happens to a session in whatever order, at two instances ($name)', of => {
  beforeAll(async () => {
    backend = await of.open();
    const [one, other, third] = backend.storages;
    const start = (storage: Storage) => startInstance(server, storage, backend.clock.short);
    instances = [await start(one), await start(other)];
    witness = await start(third);
  });
  afterAll(() => backend.close());

  it(
    named(
      `R1, R3, R4, R10, B21, L8, L11: no token is lost or used twice, and no session comes back, in ${of.runs} generated orders`,
    ),
    async () => {
      midsts.length = 0;
      const property = fc.asyncProperty(fc.scheduler(), generatedActs, fc.constantFrom(...endings), (...given) =>
        inRun(() => oneOrder(...given)),
      );
      const part = (number: number) =>
        fc.assert(property, { numRuns: of.runs / of.atOnce, seed: seed + number, endOnFailure: true });
      await Promise.all(Array.from({ length: of.atOnce }, (_, number) => part(number)));
      // control: most ends have come in the midst of it, and not before
      expect(midsts.filter(Boolean).length / midsts.length).toBeGreaterThan(0.5);
    },
    300_000,
  );
});
