import cluster, { type Worker } from 'node:cluster';
import { on, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { AggregatorRegistry } from 'prom-client';
import { Events } from './bff/index.js';
import type { ServerOptions } from './configuration.js';
import { JsonLog } from './json-log.js';
import { type Health, startManagement, stopManagement } from './management.js';
import type { Closable } from './process.js';
import type { RunningServer } from './server.js';

/** Milliseconds before another takes the place of a worker that has ended: one that ends at once each time mustn't keep the machine busy. */
const PAUSE = 1000;
/** Milliseconds that a worker may take to end beyond `SHUTDOWN_TIMEOUT`. */
const GRACE = 5000;
/** Milliseconds in which a worker says whether it's ready. */
const PATIENCE = 2000;

/** In the first process it asks all workers; in a worker, that there is one makes it answer. */
const registry = new AggregatorRegistry();

type Question = 'close' | 'ready?';
type Reply = { isReady: boolean };

/**
 * `WORKERS` processes behind one port (node:cluster), which share the storage as instances do. Whoever ends unasked is replaced. This process takes no
 * request of a browser's: it answers operators for all. Rejects when a worker can't start.
 */
export async function startWorkers(options: ServerOptions): Promise<Closable> {
  const all = new WorkerProcesses(options);
  await all.start();
  const management = await startManagement(options, all.health).catch(async (error: unknown) => {
    await all.close();
    throw error;
  });
  return {
    close: async () => {
      await all.close();
      await stopManagement(management);
    },
  };
}

class WorkerProcesses {
  private readonly log: JsonLog;
  /** Those that take requests. One that doesn't yet hears nothing. */
  private readonly up = new Set<Worker>();
  private readonly started = Promise.withResolvers<void>();
  private isStarted = false;
  private isLeaving = false;

  constructor(private readonly options: ServerOptions) {
    this.log = new JsonLog(options);
    cluster.on('listening', worker => this.cameUp(worker)).on('exit', worker => void this.ended(worker));
    // a second signal ends this process at once, and them with it
    process.on('exit', () => living().forEach(kill));
  }

  readonly health: Health = {
    isReady: async () => {
      const answers = await Promise.all([...this.up].map(isReady));
      return !this.isLeaving && answers.length === this.options.workers && answers.every(Boolean);
    },
    metrics: async () => ({ text: await registry.clusterMetrics(), type: registry.contentType }),
  };

  async start(): Promise<void> {
    try {
      for (let count = 0; count < this.options.workers; count++) cluster.fork();
      await this.started.promise;
      this.isStarted = true;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Those that are up let their requests finish. What isn't up, or stays for too long, is killed. */
  async close(): Promise<void> {
    this.isLeaving = true;
    const ended = living().map(worker => once(worker, 'exit'));
    for (const worker of living()) {
      if (this.up.has(worker)) ask(worker, 'close');
      else kill(worker);
    }
    const late = setTimeout(() => living().forEach(kill), this.options.shutdownTimeout * 1000 + GRACE);
    await Promise.all(ended);
    clearTimeout(late);
  }

  private cameUp(worker: Worker): void {
    this.up.add(worker);
    if (this.up.size === this.options.workers) this.started.resolve();
  }

  private async ended(worker: Worker): Promise<void> {
    const { pid, exitCode, signalCode } = worker.process;
    this.up.delete(worker);
    if (!this.isStarted) this.started.reject(new Error('a worker has ended; what it said is above'));
    if (!this.isStarted || this.isLeaving) return;
    this.log.error(`Worker ${pid} has ended (${signalCode ?? exitCode}); another takes its place`);
    await delay(PAUSE);
    if (!this.isLeaving) cluster.fork();
  }
}

/** In a worker: does what the first process says. Signals that a terminal sends to both are for that one; when it has gone, node:cluster ends this one. */
export function obeyPrimary(server: RunningServer): void {
  AggregatorRegistry.setRegistries([server.app.get(Events).registry]);
  let closing: Promise<void> | undefined;
  const close = (): void => {
    closing ??= server.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGINT', () => {}).on('SIGTERM', close);
  process.on('message', (question: unknown) => {
    if (question === 'close') close();
    if (question === 'ready?')
      void server.health.isReady().then(ready => process.send?.({ isReady: ready } satisfies Reply));
  });
}

function living(): Worker[] {
  return Object.values(cluster.workers ?? {}).flatMap(worker => (worker && !worker.isDead() ? [worker] : []));
}

function kill(worker: Worker): void {
  worker.process.kill('SIGKILL');
}

async function isReady(worker: Worker): Promise<boolean> {
  try {
    const messages = on(worker, 'message', { signal: AbortSignal.timeout(PATIENCE) });
    ask(worker, 'ready?');
    for await (const [message] of messages) if (isReply(message)) return message.isReady;
  } catch {
    // it says nothing, or has ended
  }
  return false;
}

function ask(worker: Worker, question: Question): void {
  if (worker.isConnected()) worker.send(question);
}

/** prom-client's messages come the same way. */
function isReply(message: unknown): message is Reply {
  return typeof message === 'object' && message !== null && 'isReady' in message;
}
