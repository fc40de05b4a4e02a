import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { AsyncLocalStorage } from 'node:async_hooks';
import { join } from 'node:path';
import { readOptions } from '../src/bff/bff.options.js';
import { BffError } from '../src/bff/errors.js';
import { Events } from '../src/bff/events.js';
import { Frontend } from '../src/bff/frontend.js';
import { LoggedOutSessions } from '../src/bff/session/logged-out-sessions.js';
import type { Session } from '../src/bff/session/session-record.js';
import { SessionStore } from '../src/bff/session/session-store.js';
import { Sessions } from '../src/bff/session/session.js';
import { LoggedOutMeanwhile } from '../src/bff/session/tombstone.js';
import { openStorage } from '../src/bff/storage/open.js';
import type { Storage } from '../src/bff/storage/storage.js';
import { AccessTokens } from '../src/bff/tokens/access-token.js';
import { revokeTokens } from '../src/bff/tokens/revocation.js';
import { readTokens } from '../src/bff/tokens/token-store.js';
import { named } from './support/generated-runs.js';
import { randomKey, temporaryDirectory } from './support/parlour.js';
import { startRedis } from './support/redis-server.js';
import { inTurn, ISSUER, RotatingTokens } from './support/rotating-tokens.js';

/** Runs that are under way together: most of the time each waits for the disk. */
const AT_ONCE = 50;
const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);

/** Who may go on next is generated, for each run by itself. */
const scheduler = new AsyncLocalStorage<fc.Scheduler>();
const turn = async (what: string) => {
  await scheduler.getStore()?.schedule(Promise.resolve(), what);
};

/** The real backend, each of whose calls begins when it's its turn. */
function scheduled(storage: Storage): Storage {
  return new Proxy(storage, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...given: unknown[]): Promise<unknown> => {
        await turn(String(name));
        return Reflect.apply(method, target, given);
      };
    },
  });
}

interface Instance {
  frontend: Frontend;
  sessions: Sessions;
  loggedOut: LoggedOutSessions;
  events: Events;
}

const server = new RotatingTokens();
let storage: Storage;
let instances: [Instance, Instance];

async function startInstances(url: string): Promise<void> {
  storage = await openStorage(url);
  const options = readOptions({
    publicUrl: 'https://app.example',
    issuer: ISSUER,
    clientId: 'app',
    clientSecret: 'a-secret-that-is-long-enough-for-anybody',
    keys: [randomKey()],
    storageUrl: 'file:./unused',
  });
  const instance = (): Instance => {
    const events = new Events();
    const outbound = inTurn(server.dispatcher, turn);
    const [own] = options.frontends;
    if (!own) throw new Error('no frontend');
    const frontend = new Frontend(own, { options, storage: scheduled(storage), outbound, events });
    const sessions = new Sessions(events, new AccessTokens(events));
    return { frontend, sessions, loggedOut: new LoggedOutSessions(sessions, events), events };
  };
  instances = [instance(), instance()];
  await Promise.all(instances.map(({ frontend }) => frontend.client.prepare()));
}

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));

const EXPIRED = { obtainedAt: Date.now() - 400_000, expiresAt: Date.now() - 100_000 };
let ids = 0;

/** A session whose access token has expired, so that every call needs a refresh. None: its `sid` has been logged out. */
async function loggedIn({ frontend, sessions, events }: Instance, sid: string): Promise<Login> {
  const { grant, ...issued } = server.login();
  const id = `id ${(ids += 1)}`;
  const tokens = { ...issued, ...EXPIRED };
  try {
    const login = { subject: 'alice', sid, user: {} };
    return { id, grant, session: await sessions.start(frontend, id, tokens, login, Date.now() / 1000) };
  } catch (error) {
    if (!(error instanceof LoggedOutMeanwhile)) throw error;
    await revokeTokens({ frontend, handle: 'none' }, tokens, events);
    return { id, grant };
  }
}

const acts = ['call', 'call', 'rejected', 'slide', 'hostWrites', 'logout', 'login', 'second', 'backchannel'] as const;
type Act = (typeof acts)[number];

/** As requests do it: the session that was found stays in the request's hands, whatever happens meanwhile. */
async function act(kind: Act, instance: Instance, { id, sid }: First, started: (again: Login) => void) {
  const { frontend, sessions, loggedOut } = instance;
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

interface Login {
  id: string;
  grant: string;
  session?: Session;
}
type First = Login & { sid: string };

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

async function isEnded({ frontend, sessions }: Instance, { id, grant, session }: Login): Promise<void> {
  expect(await sessions.find(frontend, id)).toBeUndefined();
  for (const kind of session ? ['session', 'tokens', 'seen', 'data'] : []) {
    expect([kind, await storage.get(`${session?.key}:${kind}`)]).toEqual([kind, undefined]);
  }
  expect(server.livingRefreshToken(grant)).toBeUndefined();
  expect(server.hasLivingAccessToken(grant)).toBe(false);
}

async function isAlive({ frontend, sessions }: Instance, { id, grant, session }: Login): Promise<void> {
  const found = await sessions.find(frontend, id);
  expect([found?.key, found?.key]).toEqual([session?.key, expect.any(String)]);
  expect((found && (await readTokens(found)))?.tokens.refreshToken).toBe(server.livingRefreshToken(grant));
  expect(server.livingRefreshToken(grant)).toBeDefined();
}

const generatedActs = fc.array(fc.tuple(fc.constantFrom(...acts), fc.constantFrom(0, 1)), {
  minLength: 2,
  maxLength: 5,
});

const BACKENDS = [
  { name: 'embedded', runs: 10_000, open: async () => ({ url: `file:${join(temporaryDirectory(), 'data')}` }) },
  { name: 'Redis', runs: 1000, open: () => startRedis() },
];

describe.each(BACKENDS)('whatever happens to a session in whatever order, at two instances ($name)', backend => {
  let opened: { url: string; close?: () => Promise<void> };
  beforeAll(async () => {
    opened = await backend.open();
    await startInstances(opened.url);
  });
  afterAll(async () => {
    await storage.close();
    await opened.close?.();
  });

  it(
    named(
      `R1, R3, R4, R10, L8, L11: no token is lost or used twice, and no session comes back, in ${backend.runs} generated orders`,
    ),
    async () => {
      const property = fc.asyncProperty(fc.scheduler(), generatedActs, async (orders, chosen) => {
        const sid = `sid ${(ids += 1)}`;
        const first = { ...(await loggedIn(instances[0], sid)), sid };
        const again: Login[] = [];
        await scheduler.run(orders, () => {
          const all = chosen.map(([kind, at]) =>
            act(kind, instances[at === 0 ? 0 : 1], first, login => again.push(login)),
          );
          return orders.waitFor(Promise.all(all));
        });
        const loggedOut = chosen.some(([kind]) => kind === 'backchannel');
        const ends = loggedOut || chosen.some(([kind]) => kind === 'logout' || kind === 'login');
        for (const instance of instances) {
          await (ends ? isEnded(instance, first) : isAlive(instance, first));
          for (const login of again) await (loggedOut ? isEnded(instance, login) : isAlive(instance, login));
        }
        expect(server.reused).toEqual([]);
      });
      const part = (number: number) =>
        fc.assert(property, { numRuns: backend.runs / AT_ONCE, seed: seed + number, endOnFailure: true });
      await Promise.all(Array.from({ length: AT_ONCE }, (_, number) => part(number)));
    },
    300_000,
  );
});
