import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import { Stream } from 'node:stream';
import { queryObjects, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { WebSocket } from 'ws';
import { Events, Frontends, STORAGE, type Storage } from '../src/bff/index.js';
import { Exchange } from '../src/bff/api-proxy/exchange.js';
import { Tunnel } from '../src/bff/api-proxy/websocket-tunnel.js';
import { LoggedOutSessions } from '../src/bff/session/logged-out-sessions.js';
import { SessionWatch } from '../src/bff/session/session-watch.js';
import { Sessions } from '../src/bff/session/session.js';
import { sendLogoutToken } from './backchannel.js';
import { logoutToken } from './support/hostile-authorization-server.js';
import { type Parlour, randomKey, until } from './support/parlour.js';
import { startRedis } from './support/redis-server.js';
import { type Scene, startScene } from './support/scene.js';
import { startWebSocketApi, type WebSocketApi } from './support/web-socket-api.js';

/** Sessions, each with an event stream and a WebSocket. */
const EACH = 1000;
const SECOND = 1000;

setFlagsFromString('--expose-gc');
// the flag makes it a global of new contexts
const gc = runInNewContext('gc') as () => void;

/** Of what a stream or a socket is made: how many are alive; what node and ws have for it in one, as each count takes a second. */
function alive(): number[] {
  return [Tunnel, Exchange, Stream].map(one => queryObjects(one, { format: 'count' }));
}

/** What is alive, after all that can be thrown away was. */
async function heap(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    gc();
    await new Promise(resolve => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

/** Milliseconds on the wall, and of the processor's time: clients, API and Parlour are one process here, and nobody else's work counts. */
interface Moment {
  wall: number;
  busy: number;
}

function moment(): Moment {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now(), busy: (user + system) / 1000 };
}

/** A tab of somebody's, with a stream and a socket open. */
interface Page {
  /** Of the session's records. */
  key: string;
  stream: IncomingMessage;
  socket: WebSocket;
  /** When the second of the two was closed. */
  gone: Promise<Moment>;
}

/** Somebody's session, without the way through the login. */
async function loggedIn({ server: { app } }: Parlour, sub: string): Promise<{ key: string; cookie: string }> {
  const [frontend] = app.get(Frontends).all;
  if (!frontend) throw new Error('no frontend');
  const now = Date.now();
  const id = randomKey();
  const tokens = { accessToken: randomKey(), idToken: 'x', scope: '', obtainedAt: now, expiresAt: now + 3_600_000 };
  const login = { subject: sub, sid: randomKey(), user: { sub }, address: '', userAgent: '' };
  const { key } = await app.get(Sessions).start(frontend, id, tokens, login, now / 1000 - 60);
  const [secret] = frontend.keys.secrets('session signature');
  // express-session's form
  const mac = createHmac('sha256', secret?.toString('base64url') ?? '')
    .update(id)
    .digest('base64');
  return { key, cookie: `${frontend.cookies.session}=${encodeURIComponent(`s:${id}.${mac.replace(/=+$/, '')}`)}` };
}

async function opened({ port, url }: Parlour, { key, cookie }: { key: string; cookie: string }): Promise<Page> {
  const headers = { cookie, host: new URL(url).host, 'x-csrf': '1' };
  const asked = get({ port, host: '127.0.0.1', path: '/api/events', agent: false, headers });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/socket`, { headers, origin: url, perMessageDeflate: false });
  const [[stream]] = (await Promise.all([once(asked, 'response'), once(socket, 'open')])) as [
    [IncomingMessage],
    unknown,
  ];
  asked.on('error', () => {});
  const closed = async (one: IncomingMessage | WebSocket) => {
    await new Promise(resolve => one.on('error', () => {}).once('close', resolve));
  };
  await once(stream, 'data');
  return { key, stream, socket, gone: Promise.all([closed(stream), closed(socket)]).then(moment) };
}

/** The next of both. */
async function told({ stream, socket }: Page): Promise<void> {
  const heard = Promise.all([once(stream, 'data'), once(socket, 'message')]);
  socket.send('x');
  await heard;
}

/** More at once are no faster. */
async function inTurns<T>(all: readonly T[], work: (one: T) => Promise<unknown>): Promise<void> {
  const queue = all.values();
  const worker = async () => {
    for (const one of queue) await work(one);
  };
  await Promise.all(Array.from({ length: 20 }, worker));
}

describe.each(['embedded', 'Redis'])('a thousand event streams and a thousand WebSockets (%s)', backend => {
  let scene: Scene;
  /** Hears of the logout; over Redis another instance than the one that they're open at. */
  let ending: Parlour;
  let api: WebSocketApi;
  const streams = new Set<ServerResponse>();
  const app = () => scene.parlour.server.app;
  const watchedSessions = () => (Reflect.get(app().get(SessionWatch), 'watched') as Map<string, unknown>).size;
  const gauge = async () =>
    /^parlour_web_sockets\{frontend="default"\} (\d+)/m.exec(await app().get(Events).registry.metrics())?.[1];

  beforeAll(async () => {
    api = await startWebSocketApi();
    api.reply = (_request, response) => {
      streams.add(response.once('close', () => streams.delete(response)));
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 0\n\n');
    };
    const apiRoutes = [{ path: '/api', upstream: api.url, webSocket: true }];
    const storage = backend === 'Redis' && { STORAGE_URL: (await startRedis()).url };
    scene = await startScene({ API_ROUTES: '', ...storage }, { apiRoutes });
    ending = storage ? await scene.another() : scene.parlour;
  });
  afterAll(async () => {
    await scene.close();
    await api.close();
  });

  /** Opens for each of them, ends every second one's session, and leaves nothing open. */
  async function run(count: number) {
    const leaving: Page[] = [];
    const staying: Page[] = [];
    await inTurns(
      Array.from({ length: count }, (_each, at) => at % 2),
      async half => {
        const session = await loggedIn(scene.parlour, half === 0 ? `leaves-${count}` : 'stays');
        (half === 0 ? leaving : staying).push(await opened(scene.parlour, session));
      },
    );
    const most = await heap();
    const died = new Map<string, Moment>();
    const records = ending.server.app.get<Storage>(STORAGE);
    const remove = records.delete.bind(records);
    const deleted = jest.spyOn(records, 'delete').mockImplementation(async key => {
      const was = await remove(key);
      died.set(key, moment());
      return was;
    });
    const { status } = await sendLogoutToken(ending, await logoutToken(scene.hostile, { sub: `leaves-${count}` }));
    const took = await Promise.all(
      leaving.map(async ({ key, gone }) => {
        const [from, to] = [died.get(`${key}:session`), await gone];
        return from ? { wall: to.wall - from.wall, busy: to.busy - from.busy } : { wall: NaN, busy: NaN };
      }),
    );
    deleted.mockRestore();
    const others = Promise.all(staying.map(told));
    for (const response of streams) response.write('data: 1\n\n');
    await others;
    const [open, watched] = [await gauge(), watchedSessions()];
    for (const { stream, socket } of staying) {
      stream.destroy();
      socket.terminate();
    }
    await Promise.all(staying.map(({ gone }) => gone));
    await until('nobody is watched', () => watchedSessions() + streams.size + api.sockets.size === 0);
    await ending.server.app.get(LoggedOutSessions).settled();
    scene.hostile.beHonest();
    api.handshakes = [];
    for (const { log } of [scene.parlour, ending]) log.length = 0;
    return { status, most, took, open, watched };
  }

  it('L10: close within a second when the sessions of half of them end; the others don’t notice, and nothing is left of all', async () => {
    await run(100);
    const before = await heap();
    const kept = alive();
    const { status, most, took, open, watched } = await run(EACH);
    const after = await heap();
    expect([status, took.length, open, watched]).toEqual([200, EACH / 2, `${EACH / 2}`, EACH / 2]);
    expect(Math.max(...took.map(({ busy }) => busy))).toBeLessThan(SECOND);
    // sooner than anybody would look by themselves
    expect(Math.max(...took.map(({ wall }) => wall))).toBeLessThan(5 * SECOND);
    // a connection or two may just be closing
    for (const [at, count] of alive().entries()) expect(count - (kept[at] ?? 0)).toBeLessThan(20);
    expect(after - before).toBeLessThan((most - before) / 4);
  }, 120_000);
});
