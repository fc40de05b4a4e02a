import { join } from 'node:path';
import { type Deployment, type Instance, startInstance } from './instance.ts';

interface Numbers {
  from: number;
  to: number;
}

/** What the login server does when asked; sessions are named by their numbers. */
export interface Commands {
  /** Says how many seconds it took. */
  logIn(numbers: Numbers & { expired?: boolean }): Promise<number>;
  cookies(numbers: Numbers): Promise<string[]>;
  /** Random ones, one after the other; microseconds. */
  read(these: { below: number; count: number }): Promise<{ p50: number; p99: number }>;
  /** RssAnon in MiB, after a garbage collection. */
  memory(): Promise<number>;
}

export interface Message {
  id: number;
  command: keyof Commands;
  args: unknown;
}

interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

export type LoginServer = Instance & Commands;

const PROGRAM = join(import.meta.dirname, 'login-server.ts');

export async function startLoginServer(deployment: Deployment): Promise<LoginServer> {
  const instance = await startInstance({ ...deployment, LOG_LEVEL: 'warn' }, ['--expose-gc', PROGRAM], 'ipc');
  const { child, complaints } = instance;
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let count = 0;
  child.on('message', ({ id, value, error }: Answer) => {
    if (error === undefined) waiting.get(id)?.resolve(value);
    else waiting.get(id)?.reject(new Error(error));
    waiting.delete(id);
  });
  child.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error(`the login server has ended: ${complaints()}`));
  });
  const ask = (command: keyof Commands, args?: unknown): Promise<unknown> => {
    const answer = Promise.withResolvers<unknown>();
    waiting.set(++count, answer);
    child.send({ id: count, command, args } satisfies Message);
    return answer.promise;
  };
  return {
    ...instance,
    // what comes back is what the program's own `Commands` return
    logIn: numbers => ask('logIn', numbers) as Promise<number>,
    cookies: numbers => ask('cookies', numbers) as Promise<string[]>,
    read: these => ask('read', these) as Promise<{ p50: number; p99: number }>,
    memory: () => ask('memory') as Promise<number>,
  };
}
