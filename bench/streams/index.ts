import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Pool } from 'undici';
import { type Proxy, startParlourProxy, startPassThrough } from '../proxy/contestants.ts';
import { type Group, type Row, row } from '../report.ts';
import type { Settings } from '../settings.ts';
import { startAuthorizationServer } from '../stage/authorization-server.ts';
import { forgetPeak, memoryOf } from '../stage/memory.ts';
import { startProgram } from '../stage/processes.ts';
import { figure, median } from '../stage/statistics.ts';
import { chunks } from './chunks.ts';

const BYTES = 1e9;
/** Bytes for each of `--seconds`. */
const A_SECOND = 2e8;
/** MiB. */
const GOAL = 64;

type Direction = 'down' | 'up';
type Passage = { seconds: number; growth: number };

/** A gigabyte in each direction, through the product and through the bare pass-through. */
export async function measureStreams(settings: Settings): Promise<Group> {
  const bytes = Math.min(BYTES, (settings.seconds ?? Infinity) * A_SECOND);
  const authorizationServer = await startAuthorizationServer();
  const api = await startProgram(join(import.meta.dirname, 'bulk-api.ts'));
  const around = { authorizationServer, api: { url: `http://127.0.0.1:${api.port}` }, settings };
  const parlour = await startParlourProxy(around);
  const bare = await startPassThrough(parlour, around);
  const rows: Row[] = [];
  for (const direction of ['down', 'up'] as const) {
    const found: Record<'ours' | 'theirs', Passage>[] = [];
    while (found.length < settings.rounds)
      found.push({ theirs: await pass(bare, direction, bytes), ours: await pass(parlour, direction, bytes) });
    rows.push(...rowsOf(direction, bytes, found));
  }
  authorizationServer.close();
  await api.stop();
  await Promise.all([parlour, bare].map(each => each.stop('SIGTERM')));
  return { rows, versions: {} };
}

async function pass(proxy: Proxy, direction: Direction, bytes: number): Promise<Passage> {
  const [, ...lines] = (proxy.requests[0] ?? '').trimEnd().split('\r\n');
  const headers = Object.fromEntries(lines.map(line => line.split(/: (.*)/, 2)));
  const client = new Pool(`http://127.0.0.1:${proxy.port}`);
  const { now } = memoryOf(proxy.pid);
  forgetPeak(proxy.pid);
  const began = performance.now();
  const passed = await (direction === 'down' ? download : upload)(client, headers, bytes);
  const seconds = (performance.now() - began) / 1000;
  if (passed !== bytes) throw new Error(`${passed} bytes of ${bytes} came through ${proxy.name}`);
  await client.close();
  return { seconds, growth: memoryOf(proxy.pid).peak - now };
}

async function download(client: Pool, headers: Record<string, string>, bytes: number): Promise<number> {
  const { body } = await client.request({ path: `/api/${bytes}`, method: 'GET', headers });
  let count = 0;
  for await (const chunk of body) count += (chunk as Buffer).length;
  return count;
}

async function upload(client: Pool, headers: Record<string, string>, bytes: number): Promise<number> {
  const all = { ...headers, 'content-type': 'application/octet-stream', 'content-length': String(bytes) };
  const sent = { path: '/api/', method: 'POST', headers: all, body: Readable.from(chunks(bytes)) } as const;
  const { body } = await client.request(sent);
  return Number(await body.text());
}

function rowsOf(direction: Direction, bytes: number, found: Record<'ours' | 'theirs', Passage>[]): Row[] {
  const what = `${bytes / 1e9} GB ${direction} through the proxy`;
  const growth = Math.max(...found.map(({ ours }) => ours.growth));
  const most = (which: 'ours' | 'theirs') => figure(Math.max(...found.map(round => round[which].growth)), 'MiB');
  const speed = (which: 'ours' | 'theirs') =>
    figure(median(found.map(round => bytes / 1e6 / round[which].seconds)), 'MB/s');
  const ratio = median(found.map(({ ours, theirs }) => theirs.seconds / ours.seconds));
  return [
    row(`${what}: RSS growth, the most of all rounds`, `≤ ${GOAL} MiB`, most('ours'), growth <= GOAL),
    { figure: `${what}: the pass-through's RSS growth`, measured: most('theirs') },
    {
      figure: `${what}: speed against the pass-through`,
      measured: `${ratio.toFixed(2)} (${speed('ours')}, ${speed('theirs')})`,
    },
  ];
}
