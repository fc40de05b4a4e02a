import type { LoggerService } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfiguration } from '../../src/configuration.js';
import { type RunningServer, startServer } from '../../src/server.js';
import { freePort } from './free-port.js';

/** Milliseconds; long enough for a loaded machine. */
const WAIT = 20_000;

/** Before any test turns the clock. */
const { setTimeout: realTimeout } = globalThis;

export interface Parlour {
  /** `http://localhost:<port>`: a site of its own, seen from an authorization server at 127.0.0.1. */
  url: string;
  port: number;
  managementUrl: string;
  /** Every line that was logged, as objects; what is printed is the same. */
  log: Record<string, unknown>[];
  /** All of the log as text, for scans. */
  logText(): string;
  /** The events of one name. */
  events(name: string): Record<string, unknown>[];
  server: RunningServer;
  /** The environment that it was started with: start another instance on the same storage with it. */
  environment: Record<string, string>;
  close(): Promise<void>;
}

export const CLIENT_ID = 'parlour-test';
export const CLIENT_SECRET = 'a-client-secret-of-the-tests_4711';

export function randomKey(): string {
  return randomBytes(32).toString('base64url');
}

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'parlour-test-'));
}

/** The real server, configured by variables as an operator would; an empty string takes a default of the tests away. */
export async function startParlour(
  issuer: string,
  environment: Record<string, string> = {},
  configFile?: object,
): Promise<Parlour> {
  const port = Number(environment['PORT'] ?? (await freePort()));
  const directory = temporaryDirectory();
  const all = {
    PORT: String(port),
    MANAGEMENT_PORT: '0',
    PUBLIC_URL: `http://localhost:${port}`,
    ISSUER: issuer,
    CLIENT_ID,
    CLIENT_SECRET,
    SESSION_KEYS: randomKey(),
    STORAGE_URL: `file:${join(directory, 'data')}`,
    LOG_LEVEL: 'debug',
    LOGIN_BURST: '1000',
    LOGIN_BURST_TOTAL: '1000',
    ...(configFile && { CONFIG_FILE: writeConfigFile(directory, configFile) }),
    ...environment,
  };
  const log = new RecordedLog();
  const server = await startServer(readConfiguration(all), log);
  return {
    url: all.PUBLIC_URL,
    port,
    managementUrl: `http://127.0.0.1:${server.managementPort}`,
    log: log.lines,
    logText: () => JSON.stringify(log.lines),
    events: name => log.lines.filter(({ event }) => event === name),
    server,
    environment: all,
    close: () => server.close(),
  };
}

/**
 * Waits for something to become true; never sleeps for its own sake. It asks at each turn at first, then every few milliseconds, or a
 * core would be kept from those who are waited for; on the real clock, whatever a test does to it.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const end = performance.now() + WAIT;
  for (let turn = 0; performance.now() < end; turn++) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    await new Promise(resolve => (turn < 20 ? setImmediate(resolve) : realTimeout(resolve, 5)));
  }
  throw new Error(`waited in vain until ${what}`);
}

function writeConfigFile(directory: string, content: object): string {
  const path = join(directory, 'parlour.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
}

class RecordedLog implements LoggerService {
  readonly lines: Record<string, unknown>[] = [];
  debug = (message: unknown) => this.add('debug', message);
  log = (message: unknown) => this.add('info', message);
  warn = (message: unknown) => this.add('warn', message);
  error = (message: unknown, ...more: unknown[]) => this.add('error', message, more);
  fatal = (message: unknown, ...more: unknown[]) => this.add('error', message, more);

  private add(level: string, message: unknown, more: unknown[] = []): void {
    const said = typeof message === 'object' && message !== null ? message : { message };
    this.lines.push({ level, ...said, ...(more.length > 0 && { more }) });
  }
}
