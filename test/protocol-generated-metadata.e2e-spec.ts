import { afterEach, beforeAll, afterAll, expect, it } from '@jest/globals';
import { isSecureUrl } from '../src/bff/secure-url.js';
import { begin, toCallback } from './login-flow.js';
import { freePort } from './support/free-port.js';
import {
  discoveryChanges,
  type GeneratedDocument,
  type GeneratedKeys,
  keySetChanges,
  startDocuments,
} from './support/generated-metadata.js';
import { AT_ONCE, generated, named, startsSession } from './support/generated-runs.js';
import { discoveryDocument } from './support/hostile/endpoints.js';
import { keySet } from './support/hostile/keys.js';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { type Hop, HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';

const DOCUMENTS = 700;
const KEY_SETS = 700;
const LIMIT = 300_000;

const unhandled: unknown[] = [];
const keepUnhandled = (reason: unknown) => unhandled.push(reason);
let hostile: Hostile;
let parlour: Parlour;
let documents: Awaited<ReturnType<typeof startDocuments>>;
beforeAll(async () => {
  process.on('unhandledRejection', keepUnhandled);
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
});
afterAll(() => hostile.close());
afterEach(async () => {
  await parlour.close();
  await documents.close();
  hostile.beHonest();
  expect(unhandled).toEqual([]);
  expect(parlour.events('request_failed')).toEqual([]);
});

/** One process whose frontends each have an issuer of their own: a document is read once, and kept for long. */
async function startFrontends(count: number): Promise<(index: number) => Parlour> {
  const PORT = String(await freePort());
  const url = (index: number) => `http://f${index}.localhost:${PORT}`;
  const frontends = Array.from({ length: count }, (_none, index) => ({
    name: `f${index}`,
    publicUrl: url(index),
    issuer: documents.issuer(index),
  }));
  parlour = await startParlour('', { PORT, PUBLIC_URL: '', ISSUER: '', LOG_LEVEL: 'error' }, { frontends });
  return index => ({ ...parlour, url: url(index) });
}

/** As many at a time as the machine takes well. */
async function forEach<T>(values: T[], check: (value: T, index: number) => Promise<void>): Promise<void> {
  const left = values.entries();
  const work = async () => {
    for (const [index, value] of left) await check(value, index);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

function honestDocument(index: number): Record<string, unknown> {
  const issuer = documents.issuer(index);
  const jwks_uri = `${issuer}/keys`;
  // the answer to the browser comes from one server for all of these issuers
  const iss = { authorization_response_iss_parameter_supported: undefined };
  return { ...discoveryDocument(hostile), issuer, jwks_uri, ...iss };
}

/** What has to be so when the browser is sent on (RFC 8414 §3.3, RFC 9126 §5). */
function leadsOn(document: GeneratedDocument, index: number, { location = '' }: Hop): boolean {
  if ('whole' in document) return false;
  const said: Record<string, unknown> = { ...honestDocument(index), ...document.changes };
  const endpoint = URL.parse(String(said['authorization_endpoint']));
  const same = endpoint !== null && location.startsWith(endpoint.href) && isSecureUrl(endpoint, []);
  const pushed = said['pushed_authorization_request_endpoint'] === `${hostile.issuer}/par`;
  return said['issuer'] === documents.issuer(index) && same && pushed;
}

it(
  named(
    `S1, A5, P1: ${DOCUMENTS} generated discovery documents: no 5xx but 502 and 503, and no way on but the right one`,
  ),
  async () => {
    const generatedOnes = generated(discoveryChanges, DOCUMENTS);
    const all = [{ changes: {} }, ...generatedOnes];
    documents = await startDocuments((_kind, index) => {
      const document = all[index] ?? { whole: '' };
      return 'whole' in document ? document.whole : JSON.stringify({ ...honestDocument(index), ...document.changes });
    });
    const at = await startFrontends(all.length);
    expect((await begin(at(0))).status).toBe(303);
    const statuses = new Set<number>();
    await forEach(all, async (document, index) => {
      const hop = await begin(at(index));
      expect([303, 502, 503]).toContain(hop.status);
      if (hop.status === 303)
        expect({ document, right: leadsOn(document, index, hop) }).toEqual({ document, right: true });
      statuses.add(hop.status);
    });
    expect([...statuses]).toEqual(expect.arrayContaining([303, 502]));
    expect(hostile.count('token')).toBe(0);
  },
  LIMIT,
);

it(
  named(`S1, A4: ${KEY_SETS} generated key sets: a session starts only where the right key is among them; else no 5xx`),
  async () => {
    const { keys } = await keySet(false);
    const [right] = keys;
    const textOf = (set: GeneratedKeys) => {
      if ('whole' in set) return set.whole;
      const told = set.keys.flatMap(({ change, copies }, at) =>
        Array.from({ length: copies }, () => ({ ...keys[at], ...change })),
      );
      return JSON.stringify({ keys: set.beside === undefined ? told : [set.beside, ...told] });
    };
    const honest: GeneratedKeys = { whole: JSON.stringify({ keys }) };
    const all = [honest, ...generated(keySetChanges, KEY_SETS)].map(textOf);
    documents = await startDocuments((kind, index) =>
      kind === 'keys' ? (all[index] ?? '') : JSON.stringify(honestDocument(index)),
    );
    hostile.lies.authorization = { parameters: { iss: undefined } };
    hostile.chosen.idToken = request => ({ claims: { iss: documents.issuer(Number(request.get('login_hint'))) } });
    const at = await startFrontends(all.length);
    const ends = new Set<boolean>();
    await forEach(all, async (text, index) => {
      const browser = new HttpBrowser();
      const callback = await toCallback(at(index), browser, { return_to: '/orders', login_hint: String(index) });
      const hop = await browser.navigate(callback.href, { follow: false });
      const started = startsSession(hop);
      expect([303, hop.location === `${at(index).url}/orders`]).toEqual([hop.status, started]);
      if (started) expect(text).toContain(`"n":"${right?.n}"`);
      if (index === 0) expect(started).toBe(true);
      ends.add(started);
    });
    expect(ends).toEqual(new Set([true, false]));
  },
  LIMIT,
);
