import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from './parlour.js';

/** A run of the example as a person starts it. */
export interface NativeApp {
  /** The URL that it printed, or opened. */
  url(): Promise<URL>;
  stdout(): string;
  stderr(): string;
  /** Its exit code, when all that it printed is here. */
  ended: Promise<number | null>;
  stop(): Promise<void>;
}

export function runNativeApp(args: string[], environment: Record<string, string> = {}): NativeApp {
  const child = spawn(process.execPath, ['examples/native-app.mjs', ...args], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)];
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null);
  return {
    url: async () => {
      const line = await until('it prints the URL', () => {
        if (child.exitCode !== null) throw new Error(`it ended: ${stderr()}`);
        return /^https?:\S+$/m.exec(stdout())?.[0];
      });
      return new URL(line);
    },
    stdout,
    stderr,
    ended,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function textOf(stream: ChildProcess['stdout']): () => string {
  let text = '';
  stream?.on('data', chunk => (text += String(chunk)));
  return () => text;
}
