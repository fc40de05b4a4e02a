import { afterAll, beforeAll, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { connect, type Socket } from 'node:net';
import { type ApiStub, startApiStub } from './support/api-stub.js';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { generatedRequest, linesOf } from './support/generated-requests.js';
import { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';

const RUNS = 2000;
const AT_ONCE = 10;
/** Repeat a failure with `SEED=… npm test`. */
const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);

let hostile: Hostile;
let api: ApiStub;
let parlour: Parlour;
let browser: HttpBrowser;

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  api = await startApiStub();
  parlour = await startParlour(hostile.issuer, { API_ROUTES: `/api/orders=${api.url}`, SPA_DIR: 'docs' });
  browser = new HttpBrowser();
});
afterAll(async () => {
  await parlour.close();
  await Promise.all([hostile.close(), api.close()]);
});

interface Answer {
  status: number;
  /** In lower case. */
  head: string;
  body: string;
}

/** Everything until the connection ends, or a stream of events has begun; whoever is silent for five seconds hangs. */
async function ask(lines: string[]): Promise<Answer> {
  const socket = connect(parlour.port, '127.0.0.1');
  socket.setTimeout(5000, () => socket.destroy(new Error(`no answer to ${lines[0]}`)));
  socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  const [head = '', body = ''] = (await read(socket)).split(/\r\n\r\n([^]*)/);
  return { status: Number(head.split(' ')[1]), head: head.toLowerCase(), body };
}

async function read(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) {
    text += (chunk as Buffer).toString('latin1');
    if (/^content-type: text\/event-stream[^]*^retry: /im.test(text)) break;
  }
  return text;
}

/** Our own origin, or the authorization server's endpoints: there's no other place for a redirect. */
function leadsHome({ head }: Answer): boolean {
  const location = /^location: (.*)$/m.exec(head)?.[1];
  if (location === undefined) return true;
  const { origin } = new URL(location, parlour.url);
  return origin === parlour.url || origin === hostile.issuer;
}

function expectDecency(answer: Answer): void {
  const { status, head, body } = answer;
  expect(status).toBeGreaterThanOrEqual(200);
  expect(status).toBeLessThan(500);
  expect(leadsHome(answer)).toBe(true);
  expect(head).not.toMatch(/^(x-evil|access-control-allow-origin|x-powered-by):/m);
  expect(body).not.toMatch(/node_modules|\n\s+at .*\.[jt]s:/);
}

/** A generated logout is a good one now and then. */
async function livingSession(): Promise<string> {
  const ended = parlour.events('session_ended').length;
  if (ended >= logins) {
    await browser.navigate(`${parlour.url}/login`);
    logins = ended + 1;
  }
  const cookies = browser.cookies(parlour.url).filter(({ name }) => name === '__Host-Http-session');
  return cookies.map(({ name, value }) => `${name}=${value}`).join();
}
let logins = 0;

const title = `S1, S2: ${RUNS} generated requests over all endpoints: no 5xx, no hang, no redirect to a stranger (SEED=${seed})`;
it(
  title,
  async () => {
    const { host } = new URL(parlour.url);
    const statuses = new Set<number>();
    const batch = fc.array(generatedRequest, { minLength: AT_ONCE, maxLength: AT_ONCE });
    const property = fc.asyncProperty(batch, async requests => {
      const session = await livingSession();
      const answers = await Promise.all(requests.map(request => ask(linesOf(request, host, session))));
      answers.forEach(expectDecency);
      for (const { status } of answers) statuses.add(status);
    });
    await fc.assert(property, { numRuns: RUNS / AT_ONCE, seed, endOnFailure: true });
    expect(parlour.events('request_failed')).toEqual([]);
    // it came into the house and not only to the door
    for (const status of [200, 303, 400, 401, 403, 404, 405]) expect([...statuses]).toContain(status);
    await livingSession();
    const session = await browser.fetch(`${parlour.url}/session`, { headers: { 'X-CSRF': '1' } });
    expect(session.json()).toMatchObject({ authenticated: true });
  },
  60_000,
);
