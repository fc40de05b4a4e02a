import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds: a busy machine is slow, and a store of a million sessions is read through. */
const START_WITHIN = 300_000;

const running = new Set<Running>();
const folders = new Set<string>();
process.on('exit', () => {
  for (const { child, ends } of running) child.kill(ends);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export interface Running {
  child: ChildProcess;
  ends: NodeJS.Signals;
  /** Without a word, unless a gentler signal is named. */
  stop: (signal?: NodeJS.Signals) => Promise<void>;
  /** What it has said on stderr. */
  complaints: () => string;
}

/** Ends with this process at the latest. `ends`: the signal that does it. */
export function start(
  command: string,
  args: string[],
  options: SpawnOptions,
  ends: NodeJS.Signals = 'SIGKILL',
): Running {
  const child = spawn(command, args, options);
  let said = '';
  child.stderr?.on('data', chunk => (said += String(chunk)));
  child.on('error', error => (said += error.message));
  const ended = new Promise(resolve => child.on('close', resolve));
  const stop = async (signal = ends) => {
    if (child.pid !== undefined) child.kill(signal);
    await ended;
  };
  const all = { child, ends, stop, complaints: () => said };
  running.add(all);
  void ended.then(() => running.delete(all));
  return all;
}

/** A program of Node's that listens and says where. `flags`: of Node itself. */
export async function startProgram(
  path: string,
  env: Record<string, string> = {},
  flags: string[] = [],
): Promise<Running & { port: number }> {
  const program = start(process.execPath, [...flags, path], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const { child, complaints } = program;
  const listens = once(child, 'message').then(([port]) => Number(port));
  const ends = once(child, 'close').then(() => Promise.reject(new Error(`${path} has ended: ${complaints()}`)));
  ends.catch(() => {});
  return { ...program, port: await Promise.race([listens, ends]) };
}

export async function endAll(): Promise<void> {
  await Promise.all([...running].map(({ stop }) => stop()));
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'parlour-bench-'));
  folders.add(folder);
  return folder;
}

/** For a process whose address has to be known before it listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return port;
}

export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP server');
  return address.port;
}

/** Looks every few milliseconds. Throws what the process has said when it ends. */
export async function ready({ child, complaints }: Running, what: string, probe: () => Promise<boolean>) {
  const end = performance.now() + START_WITHIN;
  while (!(await probe().catch(() => false))) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
      throw new Error(`${what} has ended: ${complaints()}`);
    if (performance.now() > end) throw new Error(`${what} isn’t ready`);
    await delay(2);
  }
}
