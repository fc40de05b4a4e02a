/**
 * A program: the product's server, which starts sessions by the thousand where its callback would start one, with what a token endpoint would have answered.
 * Its parent asks by messages (logins.ts).
 */
import { createHash, createHmac, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { answerWith } from './commands.ts';
import { loginOf, tokensOf } from './fixture.ts';
import type { Commands } from './logins.ts';
import { Frontends, readConfiguration, Sessions, startServer } from './product.ts';
import { percentile } from './statistics.ts';

/** Logins at once, as of a busy server: more are no faster, and the pages that LMDB writes in one go would count as memory that grows with the sessions. */
const AT_ONCE = 100;

const server = await startServer(readConfiguration());
const sessions = server.app.get(Sessions, { strict: false });
const [frontend] = server.app.get(Frontends, { strict: false }).all;
if (!frontend) throw new Error('no frontend');
const [secret = Buffer.alloc(0)] = frontend.keys.secrets('session signature');

/** As long and as random to look at as express-session's; found again by its number. */
const sessionId = (number: number) =>
  createHash('sha256').update(secret).update(String(number)).digest('base64url').slice(0, 32);

answerWith<Commands>({
  async logIn({ from, to, expired = false }) {
    const began = performance.now();
    let next = from;
    const worker = async () => {
      while (next < to) {
        const number = next++;
        await sessions.start(frontend, sessionId(number), tokensOf(expired), loginOf(number), Date.now() / 1000);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return (performance.now() - began) / 1000;
  },

  /** express-session's form: `s:<id>.<signature>`. */
  async cookies({ from, to }) {
    return Array.from({ length: to - from }, (_, at) => {
      const id = sessionId(from + at);
      const signature = createHmac('sha256', secret.toString('base64url')).update(id).digest('base64');
      return `${frontend.cookies.session}=${encodeURIComponent(`s:${id}.${signature.replace(/=+$/, '')}`)}`;
    });
  },

  async read({ below, count }) {
    const times: number[] = [];
    for (let n = 0; n < count; n++) {
      const id = sessionId(randomInt(below));
      const began = performance.now();
      const session = await sessions.find(frontend, id);
      times.push((performance.now() - began) * 1000);
      if (!session) throw new Error('a session isn’t there');
    }
    return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
  },

  async memory() {
    globalThis.gc?.();
    const status = readFileSync('/proc/self/status', 'utf8');
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  },
});
