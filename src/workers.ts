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
  private isLeaving = false;

  constructor(private readonly options: ServerOptions) {
    this.log = new JsonLog(options);
    // a second signal ends this process at once, and them with it
    process.on('exit', () => living().forEach(worker => worker.process.kill('SIGKILL')));
  }

  readonly health: Health = {
    isReady: async () => {
      const answers = await Promise.all(living().map(isReady));
      return !this.isLeaving && answers.length === this.options.workers && answers.every(Boolean);
    },
    metrics: async () => ({ text: await registry.clusterMetrics(), type: registry.contentType }),
  };

  async start(): Promise<void> {
    try {
      await Promise.all(Array.from({ length: this.options.workers }, () => listening(cluster.fork())));
    } catch (error) {
      await this.close();
      throw error;
    }
    cluster.on('exit', worker => void this.replace(worker));
  }

  async close(): Promise<void> {
    this.isLeaving = true;
    const workers = living();
    const ended = workers.map(worker => once(worker, 'exit'));
    for (const worker of workers) ask(worker, 'close');
    await Promise.all(ended);
  }

  private async replace({ process: { pid, exitCode, signalCode } }: Worker): Promise<void> {
    if (this.isLeaving) return;
    this.log.error(`Worker ${pid} has ended (${signalCode ?? exitCode}); another takes its place`);
    await delay(PAUSE);
    if (!this.isLeaving) cluster.fork();
  }
}

/** In a worker: does what the first process says, and ends when that one has. Signals that a terminal sends to both are for that one. */
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
  process.on('disconnect', close);
  process.on('message', (question: unknown) => {
    if (question === 'close') close();
    if (question === 'ready?')
      void server.health.isReady().then(ready => process.send?.({ isReady: ready } satisfies Reply));
  });
}

function living(): Worker[] {
  return Object.values(cluster.workers ?? {}).flatMap(worker => (worker && !worker.isDead() ? [worker] : []));
}

async function listening(worker: Worker): Promise<void> {
  const ended = once(worker, 'exit').then(() => {
    throw new Error('a worker has ended; what it said is above');
  });
  await Promise.race([once(worker, 'listening'), ended]);
  ended.catch(() => {});
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
