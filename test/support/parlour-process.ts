import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.js';
import { CLIENT_ID, CLIENT_SECRET, randomKey, temporaryDirectory, until } from './parlour.js';

/** What `npm run start:prod` starts; `npm test` builds it first. */
export const MAIN = 'dist/main.js';

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ParlourProcess {
  url: string;
  port: number;
  managementUrl: string;
  /** What it has printed so far, line by line. */
  stdout: string[];
  stderr: string[];
  child: ChildProcess;
  ended: Promise<Ended>;
  /** Milliseconds from this signal to its end, and how it ended. */
  stop: (signal?: NodeJS.Signals) => Promise<Ended & { took: number }>;
}

/** A process of its own with exactly this environment. */
export function run(
  environment: Record<string, string>,
  command: readonly string[] = [MAIN],
): Omit<ParlourProcess, 'url' | 'port' | 'managementUrl'> {
  const child = spawn(process.execPath, command, {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout = linesOf(child.stdout);
  const stderr = linesOf(child.stderr);
  // `close` comes after everything that it printed
  const ended = once(child, 'close').then(([code, signal]): Ended => ({ code, signal }));
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    const start = performance.now();
    child.kill(signal);
    return { ...(await ended), took: performance.now() - start };
  };
  return { child, stdout, stderr, ended, stop };
}

/** The built server as an operator runs it, or another build; resolves when it is ready. */
export async function startProcess(
  issuer: string,
  environment: Record<string, string> = {},
  main = MAIN,
): Promise<ParlourProcess> {
  const [port, managementPort] = [await freePort(), await freePort()];
  const url = `http://localhost:${port}`;
  const managementUrl = `http://127.0.0.1:${managementPort}`;
  const started = run(
    {
      PORT: String(port),
      MANAGEMENT_PORT: String(managementPort),
      PUBLIC_URL: url,
      ISSUER: issuer,
      CLIENT_ID,
      CLIENT_SECRET,
      SESSION_KEYS: randomKey(),
      STORAGE_URL: `file:${temporaryDirectory()}/data`,
      ...environment,
    },
    [main],
  );
  await until('it is ready', async () => {
    if (started.child.exitCode !== null) throw new Error(`it ended: ${started.stderr.join('\n')}`);
    return fetch(`${managementUrl}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  return { ...started, url, port, managementUrl };
}

function linesOf(stream: NodeJS.ReadableStream): string[] {
  const lines: string[] = [];
  createInterface({ input: stream }).on('line', line => lines.push(line));
  return lines;
}
