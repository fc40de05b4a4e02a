import { join } from 'node:path';
import { asking } from './commands.ts';
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

export type LoginServer = Instance & Commands;

const PROGRAM = join(import.meta.dirname, 'login-server.ts');

export async function startLoginServer(deployment: Deployment): Promise<LoginServer> {
  const instance = await startInstance({ ...deployment, LOG_LEVEL: 'warn' }, ['--expose-gc', PROGRAM], 'ipc');
  const ask = asking<Commands>(instance);
  return {
    ...instance,
    logIn: numbers => ask('logIn', numbers),
    cookies: numbers => ask('cookies', numbers),
    read: these => ask('read', these),
    memory: () => ask('memory'),
  };
}
