import { createClient } from '@redis/client';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { freePort } from './free-port.js';
import { temporaryDirectory, until } from './parlour.js';

export interface RedisServer {
  readonly port: number;
  /** What STORAGE_URL would say. */
  readonly url: string;
  /** Sends one command on a connection of its own. */
  command(...args: string[]): Promise<unknown>;
  /** `SIGSTOP` freezes it, `SIGKILL` kills it; resolves when it has happened. */
  signal(signal: NodeJS.Signals): Promise<void>;
  /** Again, on the same port and with what it has on its disk. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface RedisSettings {
  port?: number;
  /** As in redis.conf: `maxmemory 2mb`. */
  lines?: string[];
  /** `user:password@`, for its URL and for `command`. */
  user?: { name: string; password: string };
}

/** sbin isn't on everybody's PATH. */
const PATH = `${process.env['PATH']}:/usr/sbin:/usr/local/sbin`;
/** Nothing on the disk, unless the test says so. */
const STANDARD = ['save ""', 'appendonly no'];

/** A real server on a free port of loopback. */
export async function startRedis({ port, lines = [], user }: RedisSettings = {}): Promise<RedisServer> {
  const server = new Server(port ?? (await freePort()), lines, user);
  await server.start();
  return server;
}

class Server implements RedisServer {
  readonly #directory = temporaryDirectory();
  #process: ChildProcess | undefined;

  constructor(
    readonly port: number,
    private readonly lines: string[],
    private readonly user: RedisSettings['user'],
  ) {}

  get url(): string {
    const { user, port } = this;
    return `redis://${user ? `${user.name}:${encodeURIComponent(user.password)}@` : ''}127.0.0.1:${port}`;
  }

  async start(): Promise<void> {
    const process = spawn('redis-server', ['-'], {
      cwd: this.#directory,
      env: { PATH },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#process = process;
    let said = '';
    process.stdout.on('data', chunk => (said += String(chunk)));
    const own = [`port ${this.port}`, 'bind 127.0.0.1', `dir ${this.#directory}`];
    process.stdin.end([...STANDARD, ...own, ...this.lines].join('\n'));
    await until('redis-server listens', async () => {
      if (process.exitCode !== null) throw new Error(`redis-server ended: ${said}`);
      return said.includes('Ready to accept connections') && isListening(this.port);
    });
  }

  async command(...args: string[]): Promise<unknown> {
    const { port, user } = this;
    const client = createClient({
      socket: { host: '127.0.0.1', port, reconnectStrategy: false },
      ...(user && { username: user.name, password: user.password }),
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
    const ended = ['SIGKILL', 'SIGTERM'].includes(signal);
    const process = this.#process;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const exit = once(process, 'exit');
    process.kill(signal);
    if (ended) await exit;
  }

  async close(): Promise<void> {
    await this.signal('SIGKILL');
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
