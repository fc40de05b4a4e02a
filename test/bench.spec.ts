import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { writeBetweenMarkers } from '../bench/report.ts';
import { readSettings } from '../bench/settings.ts';
import { startRedis } from '../bench/stage/redis-server.ts';
import { type Command, run } from './support/command.js';
import { temporaryDirectory } from './support/parlour.js';

const bench = (...args: string[]) => run(['bench/run.ts', ...args], { PATH: process.env['PATH'] ?? '' }, '.');

const FIGURES = [
  'expired session, embedded: token requests',
  'expired session, Redis: token requests',
  'expired session, embedded: p99 wait',
  'expired session, Redis: p99 wait',
  'instances, p99 of 40: embedded',
  'instances, p99 of 40: Redis',
  'instances, p99 of 40: Redis, all that it would say cut',
  'proxied GET over Redis against embedded',
  'sessions, embedded: p99 of a read',
  'sessions, embedded: RssAnon',
  'sessions, embedded: on disk a session',
  'sessions, embedded: start-up',
  'sessions, Redis: p99 of a read',
  'sessions, Redis: used_memory a session',
];

const SMALL = [
  /against the bare pass-through: requests\/s +\| ≥ 0\.9 +\| [\d.]+ +\|/,
  /added latency at half load, p99, against the bare pass-through +\| ≤ 2 ms +\| -?[\d.]+ ms/,
  /GET \/session against .*: requests\/s +\| ≥ 0\.8 +\| [\d.]+ +\|/,
  /GET \/login against .*: requests\/s +\| ≥ 0\.8 +\| [\d.]+ +\|/,
  /callback against .*: requests\/s +\| ≥ 0\.7 +\| [\d.]+ +\|/,
  /0\.02 GB down through the proxy: RSS growth.* +\| ≤ 64 MiB +\| -?[\d.]+ MiB/,
  /0\.02 GB up through the proxy: RSS growth.* +\| ≤ 64 MiB +\| -?[\d.]+ MiB/,
  /cold start to ready, production build +\| ≤ 500 ms +\| [\d.]+ ms/,
];

describe('npm run bench', () => {
  // both at once: they wait a lot, and how fast it is doesn't matter here
  let sessions: Command;
  let others: Command;
  beforeAll(() => {
    sessions = bench('sessions', '--sessions', '100', '--rounds', '1');
    const parts = 'latency,session,login,callback,cold-start';
    const small = ['--rounds', '1', '--seconds', '0.1', '--only', parts];
    others = bench('proxy', 'endpoints', 'streams', 'start', ...small);
  });

  it('measures each figure of sessions in a small run, and leaves none out', async () => {
    const { ended, stdout, stderr } = sessions;
    expect(await ended).toBe(0);
    const lines = stdout().split('\n');
    for (const figure of FIGURES) {
      const line = lines.find(each => each.includes(figure)) ?? `no ${figure} in ${stdout()}${stderr()}`;
      expect(line).toMatch(/\| (?:met|\*\*missed\*\*) +\|$/);
    }
    // whatever the machine is doing meanwhile
    expect(lines.filter(each => each.includes('token requests')).join()).toMatch(/\| 1 +\| met +\|.*\| 1 +\| met +\|/);
    expect(stdout()).not.toMatch(/not measured|NaN/);
  }, 300_000);

  it('measures calls, logins, streams and the start in a small run, with what needs no other packages', async () => {
    const { ended, stdout, stderr } = others;
    expect([await ended, stderr()]).toEqual([0, '']);
    for (const figure of SMALL) expect(stdout()).toMatch(figure);
    expect(stdout()).not.toMatch(/not measured|NaN|Infinity/);
  }, 300_000);

  it('says which groups and parts there are, when it’s asked for another', async () => {
    const [group, part] = [bench('nothing'), bench('proxy', '--only', 'nothing')];
    expect([await group.ended, await part.ended]).toEqual([2, 2]);
    expect(group.stderr()).toBe('there is no nothing; there is proxy, endpoints, streams, start, sessions, soak\n');
    expect(part.stderr()).toMatch(/^there is no nothing; there is pass-through, parlour/);
  });

  it('publishes no figures of a small run', () => {
    expect(() => readSettings(['--write', '--sessions', '1000'])).toThrow(/publishes/);
    expect(() => readSettings(['--write', '--rounds', '1'])).toThrow(/publishes/);
    expect(() => readSettings(['proxy', '--write', '--rounds', '4'])).toThrow(/publishes/);
    expect(() => readSettings(['proxy', '--write', '--seconds', '1'])).toThrow(/publishes/);
    expect(readSettings(['proxy', '--write', '--sessions', '1000'])).toMatchObject({ write: true });
    expect(readSettings(['--write'])).toMatchObject({ sessions: 1_000_000, rounds: 5 });
    expect(() => readSettings(['--rounds', '0.5'])).toThrow('--rounds is a whole number of at least 1');
  });

  it('says what is missing where there’s no Redis', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = '/nowhere';
    try {
      await expect(startRedis()).rejects.toThrow(/apt-get install redis-server.*ENOENT/);
    } finally {
      process.env['PATH'] = path;
    }
  });

  it.each([
    ['README.md', ['proxy', 'endpoints', 'start', 'sessions']],
    ['bench/RESULTS.md', ['proxy', 'endpoints', 'streams', 'start', 'sessions', 'soak']],
  ])('finds its places in %s, and changes nothing else', (path, names) => {
    for (const name of names) {
      const copy = join(temporaryDirectory(), 'copy.md');
      copyFileSync(path, copy);
      writeBetweenMarkers(copy, name, 'FIGURES');
      const before = readFileSync(path, 'utf8');
      const markers = [`<!-- bench: ${name} -->`, `<!-- /bench: ${name} -->`];
      const [head, tail] = [before.split(markers[0] ?? '')[0], before.split(markers[1] ?? '')[1]];
      expect(readFileSync(copy, 'utf8')).toBe(`${head}${markers[0]}\n\nFIGURES\n\n${markers[1]}${tail}`);
    }
  });
});
