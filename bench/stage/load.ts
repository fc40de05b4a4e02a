import { join } from 'node:path';
import { asking } from './commands.ts';
import { start } from './processes.ts';

interface Load {
  port: number;
  /** One for each connection. */
  requests: string[];
  milliseconds: number;
  /** What is expected; 200 if nothing else. */
  status?: number;
}

export interface LoadCommands {
  closedLoop(load: Load): Promise<{ answers: number; seconds: number }>;
  /** Each request once, on so many connections. */
  eachOnce(load: Omit<Load, 'milliseconds'> & { connections: number }): Promise<{ answers: number; seconds: number }>;
  /** `rate`: requests a second. Times in milliseconds. */
  openLoop(load: Load & { rate: number }): Promise<{ answers: number; p50: number; p99: number }>;
}

export interface LoadGenerator extends LoadCommands {
  stop(): Promise<void>;
}

/** Clients in a process of their own. */
export function startLoadGenerator(): LoadGenerator {
  const running = start(process.execPath, [join(import.meta.dirname, 'load-generator.ts')], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const ask = asking<LoadCommands>(running);
  return {
    closedLoop: load => ask('closedLoop', load),
    eachOnce: load => ask('eachOnce', load),
    openLoop: load => ask('openLoop', load),
    stop: running.stop,
  };
}
