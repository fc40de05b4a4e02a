/** A program: clients that make calls at a fixed rate, come what may, and note what became of each. Its parent asks by messages. */
import { Readable } from 'node:stream';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { answerWith } from '../stage/commands.ts';
import { HOST } from '../stage/instance.ts';
import type { ClientCommands } from './index.ts';
import { type Kind, SHARES } from './kinds.ts';

/** Milliseconds in which a call has to be over. */
const DEADLINE = 20_000;
/** Calls under way at one moment: where the machine itself is too slow, further ones wait until there's room. */
const AT_ONCE = 256;
const UPLOAD = Buffer.alloc(10_000, 'upload ');

const drawn = Object.entries(SHARES).flatMap(([kind, share]) => Array.from<Kind>({ length: share }).fill(kind as Kind));

answerWith<ClientCommands>({
  async run({ port, cookies, rate, milliseconds }) {
    const api = new Pool(`http://127.0.0.1:${port}`, { headersTimeout: 0, bodyTimeout: 0, connections: AT_ONCE });
    const outcomes: Record<string, number> = {};
    const underWay = new Set<Promise<void>>();
    const began = performance.now();
    const end = began + milliseconds;
    for (let due = began; due < end && performance.now() < end; due += 1000 / rate) {
      await (due - performance.now() > 1 ? delay(due - performance.now()) : nextTurn());
      while (underWay.size >= AT_ONCE) await Promise.race(underWay);
      const kind = drawn[Math.floor(Math.random() * 1000)] ?? 'ordinary';
      const cookie = cookies[Math.floor(Math.random() * cookies.length)] ?? '';
      const done = outcomeOf(api, kind, cookie).then(outcome => {
        outcomes[`${kind}: ${outcome}`] = (outcomes[`${kind}: ${outcome}`] ?? 0) + 1;
        underWay.delete(done);
      });
      underWay.add(done);
    }
    await Promise.all(underWay);
    await api.destroy();
    return outcomes;
  },
});

/** `200`, `502 api_unreachable`, `broken off`, `gone`, `hung` … */
async function outcomeOf(api: Pool, kind: Kind | 'ordinary', cookie: string): Promise<string> {
  const over = new AbortController();
  const deadline = setTimeout(() => over.abort('hung'), DEADLINE);
  const leaves = kind === 'gone' || kind === 'halfway';
  const leave = leaves ? setTimeout(() => over.abort('gone'), Math.random() * 50) : undefined;
  let status = 0;
  try {
    const { statusCode, headers, body } = await api.request({
      path: `/api/${kind}`,
      method: kind === 'upload' || kind === 'halfway' ? 'POST' : 'GET',
      headers: { host: HOST, cookie, 'x-csrf': '1', ...lengthOf(kind) },
      body: bodyOf(kind),
      signal: over.signal,
    });
    status = statusCode;
    const text = await body.text();
    return `${status}${codeIn(String(headers['content-type']), text)}`;
  } catch (error) {
    if (over.signal.aborted) return String(over.signal.reason);
    return status > 0 ? 'broken off' : `no answer (${error instanceof Error ? error.message : String(error)})`;
  } finally {
    clearTimeout(deadline);
    clearTimeout(leave);
  }
}

function codeIn(type: string, body: string): string {
  if (!type.startsWith('application/problem+json')) return '';
  return ` ${(JSON.parse(body) as { code: string }).code}`;
}

function lengthOf(kind: string): Record<string, string> {
  return kind === 'halfway' ? { 'content-length': String(2 * UPLOAD.length) } : {};
}

function bodyOf(kind: string): Buffer | Readable | null {
  if (kind === 'upload') return UPLOAD;
  if (kind !== 'halfway') return null;
  const upload = new Readable({ read: () => {} });
  upload.push(UPLOAD);
  return upload;
}
process.send?.(0);
