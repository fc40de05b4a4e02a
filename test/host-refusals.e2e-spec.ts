import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  type LoggerService,
  Module,
  VERSION_NEUTRAL,
  type VersioningOptions,
  VersioningType,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import session from 'express-session';
import { BffModule } from '../src/bff/index.js';
import { surroundings, type Surroundings } from './support/host.js';
import { HttpBrowser } from './support/http-browser.js';
import { isLoggedIn, loggedIn, script } from './support/scene.js';

@Controller({ path: 'orders', version: '2' })
class OrdersController {
  @Get()
  list() {
    return ['tea'];
  }
}

let around: Surroundings;
let logged: unknown[];
let app: NestExpressApplication | undefined;
beforeAll(async () => {
  around = await surroundings();
});
afterAll(() => around.hostile.close());
beforeEach(() => {
  logged = [];
  around.hostile.beHonest();
});

const keep = (message: unknown) => void logged.push(message);
const logger: LoggerService = { log: keep, warn: keep, error: keep, debug: keep, fatal: keep };

/** A host that does something of its own between creating the application and listening. */
async function whileRunning(
  change: (host: NestExpressApplication) => unknown,
  work: (url: string) => Promise<void> = async () => {},
): Promise<void> {
  @Module({ imports: [BffModule.forRoot(around.options)], controllers: [OrdersController] })
  class HostModule {}
  app = await NestFactory.create<NestExpressApplication>(HostModule, {
    bodyParser: false,
    abortOnError: false,
    logger,
  });
  try {
    change(app);
    await app.listen(around.port, '127.0.0.1');
    await work(`http://localhost:${around.port}`);
  } finally {
    app.getHttpServer().closeAllConnections();
    await app.close();
  }
}

const versioned = (defaultVersion?: VersioningOptions['defaultVersion']) => (host: NestExpressApplication) =>
  host.enableVersioning({ type: VersioningType.URI, ...(defaultVersion !== undefined && { defaultVersion }) });

describe('a host that moves every route', () => {
  it.each(['web', '/web/v1'])(
    'one way in: by setGlobalPrefix(%j) doesn’t start, and hears which line to change',
    async prefix => {
      const started = whileRunning(host => host.setGlobalPrefix(prefix));
      await expect(started).rejects.toThrow(/app\.setGlobalPrefix\('\/?web[^]*pathPrefix: '\/web/);
    },
  );

  it.each([['1'], [['1', '2']]])(
    'one way in: by the default version %j doesn’t start, nor in a header',
    async version => {
      const inHeader = { type: VersioningType.HEADER, header: 'X-Version', defaultVersion: version } as const;
      for (const change of [versioned(version), (host: NestExpressApplication) => host.enableVersioning(inHeader)]) {
        await expect(whileRunning(change)).rejects.toThrow(/app\.enableVersioning[^]*version: '1'[^]*pathPrefix/);
      }
    },
  );

  it.each([undefined, VERSION_NEUTRAL] as const)(
    'starts where only its own controllers have a version (%p)',
    async version => {
      await whileRunning(versioned(version), async url => {
        const browser = await loggedIn(url);
        expect(await isLoggedIn(browser, { url })).toBe(true);
        expect((await script(browser, `${url}/v2/orders`)).body).toBe('["tea"]');
      });
    },
  );
});

describe('a host with a session middleware of its own', () => {
  it('S1: in front of BffModule’s gets a 500, and the log says what to change', async () => {
    const own = session({ secret: 'x'.repeat(32), resave: false, saveUninitialized: true });
    await whileRunning(
      host => host.use(own),
      async url => {
        const answer = await new HttpBrowser().navigate(`${url}/login`, { follow: false });
        expect([answer.status, answer.location]).toEqual([500, undefined]);
        expect(around.hostile.count('par')).toBe(0);
        const failure = JSON.stringify(logged.find(line => Object(line).event === 'request_failed'));
        expect(failure).toMatch(/another session middleware runs before BffModule: take the line app\.use\(session/);
      },
    );
  });
});
