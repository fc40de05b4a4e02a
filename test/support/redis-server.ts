import { afterAll } from '@jest/globals';
import { createClient } from '@redis/client';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Certificate } from './certificates.js';
import { freePort } from './free-port.js';
import { temporaryDirectory, until } from './parlour.js';

export interface RedisServer {
  readonly port: number;
  /** Of its TLS, where it has that. */
  readonly tlsPort: number;
  /** What STORAGE_URL would say. */
  readonly url: string;
  /** Sends one command, on a connection of its own and as whoever may do everything. */
  command(...args: string[]): Promise<unknown>;
  /** `SIGSTOP` freezes it, `SIGKILL` kills it; resolves when it has happened. */
  signal(signal: NodeJS.Signals): Promise<void>;
  /** Again, on the same port and with what is on its disk. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface RedisSettings {
  /** As in redis.conf: `maxmemory 2mb`. */
  lines?: string[];
  mode?: 'server' | 'sentinel';
  /** Then there's a second port, with TLS. */
  certificate?: Certificate;
}

/** What is run: Valkey takes the same arguments and settings. */
const PROGRAM = process.env['REDIS_SERVER'] ?? 'redis-server';
/** sbin isn't on everybody's PATH. */
const PATH = `${process.env['PATH']}:/usr/sbin:/usr/local/sbin`;
/** Nothing on the disk, unless the test says so. */
const STANDARD = ['save ""', 'appendonly no', 'repl-diskless-sync-delay 0'];

/** A real server on a free port of loopback. */
export async function startRedis({
  lines = [],
  mode = 'server',
  certificate,
}: RedisSettings = {}): Promise<RedisServer> {
  const tlsPort = certificate ? await freePort() : 0;
  const server = new Server(await freePort(), tlsPort, [...lines, ...tlsLines(tlsPort, certificate)], mode);
  started.add(server);
  await server.start();
  return server;
}

function tlsLines(port: number, certificate: Certificate | undefined): string[] {
  if (!certificate) return [];
  const { certFile, keyFile } = certificate;
  return [`tls-port ${port}`, `tls-cert-file ${certFile}`, `tls-key-file ${keyFile}`, 'tls-auth-clients no'];
}

/** A test that fails leaves its servers behind, and they'd outlive it. */
const started = new Set<Server>();

afterAll(async () => {
  for (const server of started) await server.close();
});

class Server implements RedisServer {
  readonly #directory = temporaryDirectory();
  #process: ChildProcess | undefined;

  constructor(
    readonly port: number,
    readonly tlsPort: number,
    lines: string[],
    private readonly mode: 'server' | 'sentinel',
  ) {
    const own = [`port ${port}`, 'bind 127.0.0.1', `dir ${this.#directory}`];
    const all = mode === 'server' ? [...own, ...STANDARD, ...lines] : [...own, ...lines];
    writeFileSync(join(this.#directory, 'redis.conf'), `${all.join('\n')}\n`);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const args = ['redis.conf', ...(this.mode === 'sentinel' ? ['--sentinel'] : [])];
    const running = spawn(PROGRAM, args, {
      cwd: this.#directory,
      env: { PATH },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = running;
    let said = '';
    running.stdout.on('data', chunk => (said += String(chunk)));
    running.stderr.on('data', chunk => (said += String(chunk)));
    await until(`${PROGRAM} listens`, () => {
      if (running.exitCode !== null) throw new Error(`${PROGRAM} ended: ${said}`);
      return /Ready to accept connections|Sentinel ID is/.test(said) && isListening(this.port);
    });
  }

  async command(...args: string[]): Promise<unknown> {
    // a process that does other things sees for long nothing of a connection that is there at once
    const connectTimeout = 20_000;
    const client = createClient({
      socket: { host: '127.0.0.1', port: this.port, reconnectStrategy: false, connectTimeout },
    });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await client.sendCommand(args);
    } finally {
      client.destroy();
    }
  }

  async signal(signal: NodeJS.Signals): Promise<void> {
    const running = this.#process;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    running.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await exited;
  }

  close(): Promise<void> {
    return this.signal('SIGKILL');
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

export interface ListedConnection {
  id: string;
  /** Of sharded channels. */
  subscriptions: number;
}

/** Those of that name, as operators see them in CLIENT LIST. */
export async function connectionsOf(redis: RedisServer, name: string): Promise<ListedConnection[]> {
  const lines = String(await redis.command('CLIENT', 'LIST')).split('\n');
  return lines
    .filter(line => line.includes(` name=${name} `))
    .map(line => ({
      id: /^id=(\d+)/.exec(line)?.[1] ?? '',
      subscriptions: Number(/ ssub=(\d+)/.exec(line)?.[1] ?? 0),
    }));
}

/** Cuts them, once there is one. */
export async function killConnection(redis: RedisServer, name: string): Promise<void> {
  const found = await until(`there is a connection ${name}`, async () => {
    const listed = await connectionsOf(redis, name);
    return listed.length > 0 && listed;
  });
  for (const { id } of found) await redis.command('CLIENT', 'KILL', 'ID', id);
}
