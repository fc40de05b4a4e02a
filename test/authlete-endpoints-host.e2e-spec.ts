import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import session from 'express-session';
import { AuthleteModule, type AuthleteOptionsInput } from '../src/authlete/index.js';
import { SESSION_STORE } from '../src/authlete/authlete.options.js';
import { accounts, advertised, apiOf } from './support/authlete-application.js';
import { type RunningEmulator, startAuthleteEmulator } from '../src/dev/authlete-emulator/index.js';

const ISSUER = 'https://as.example.org';

let emulator: RunningEmulator;
let input: AuthleteOptionsInput;

beforeAll(async () => {
  emulator = await startAuthleteEmulator({ port: 0, service: advertised(ISSUER) });
  const cookieKeys = ['k3JxW9s-Qm2VbZ7Lr0TfYp5Nc8HdGa1E'];
  input = { issuer: ISSUER, api: apiOf(emulator, 'v2'), cookieKeys, accounts, record: () => undefined };
});
afterAll(() => emulator.close());

const QUIET = { logger: false as const, abortOnError: false };

/** What becomes of a host's application; it is closed again. */
async function start(
  options: { bodyParser?: boolean } = { bodyParser: false },
  change: (app: INestApplication) => unknown = () => undefined,
  module = AuthleteModule.forRoot(input),
): Promise<string> {
  const app = await NestFactory.create<NestExpressApplication>(module, { ...QUIET, ...options });
  try {
    change(app);
    await app.init();
    return 'started';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await app.close();
  }
}

describe('a host’s application', () => {
  it('E2: doesn’t start with a body parser before the endpoints, which would swallow what goes on as it came', async () => {
    expect(await start({ bodyParser: true })).toMatch(/body parser .*\n.*bodyParser: false/);
    expect(await start({})).toMatch(/body parser/);
    expect(await start()).toBe('started');
  });

  it('E13: doesn’t start with a prefix that moves the endpoints away from their advertised addresses', async () => {
    expect(await start({ bodyParser: false }, app => app.setGlobalPrefix('api'))).toMatch(/setGlobalPrefix\('api'\)/);
  });

  it('E14: has accounts, or doesn’t start; that is told with all other mistakes', async () => {
    for (const missing of [undefined, {}, { find: accounts.find }, { ...accounts, authenticate: 'yes' }]) {
      // a host without types
      const wrong = { ...input, issuer: 'as', accounts: missing } as AuthleteOptionsInput;
      const started = NestFactory.create(AuthleteModule.forRoot(wrong), { ...QUIET, bodyParser: false });
      const message = await started.then(() => 'started', String);
      expect(message).toMatch(/- issuer must be .*\n- accounts must have authenticate\(\) and find\(\)$/);
    }
  });

  it('E14: may make the options later, and bring a store of its own', async () => {
    const sessionStore = new session.MemoryStore();
    let store: unknown;
    @Module({ imports: [AuthleteModule.forRootAsync({ useFactory: async () => ({ ...input, sessionStore }) })] })
    class Host {}
    const module = { module: Host };
    const started = await start(
      { bodyParser: false },
      app => (store = app.get(SESSION_STORE, { strict: false })),
      module,
    );
    expect([started, store]).toEqual(['started', sessionStore]);
  });
});
