import { type DynamicModule, type LoggerService, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { RequestHandler } from 'express';
import { join } from 'node:path';
import type { BffOptionsInput } from '../../src/bff/index.js';
import { type Hostile, startHostileAuthorizationServer } from './hostile-authorization-server.js';
import { freePort } from './free-port.js';
import { randomKey, temporaryDirectory } from './parlour.js';

export interface Host {
  app: NestExpressApplication;
  url: string;
  close(): Promise<void>;
}

export interface Surroundings {
  hostile: Hostile;
  port: number;
  options: BffOptionsInput;
}

/** What an application of somebody's own gives to BffModule, and the authorization server behind it. */
export async function surroundings(more: Partial<BffOptionsInput> = {}): Promise<Surroundings> {
  const hostile = await startHostileAuthorizationServer();
  const port = await freePort();
  const options = {
    storageUrl: `file:${join(temporaryDirectory(), 'data')}`,
    keys: [randomKey()],
    publicUrl: `http://localhost:${port}`,
    issuer: hostile.issuer,
    clientId: hostile.client.client_id,
    clientSecret: hostile.client.client_secret,
    ...more,
    // of `more`'s two shapes, the tests give the one without a list of frontends
  } as BffOptionsInput;
  return { hostile, port, options };
}

const silence: LoggerService = { log: () => {}, warn: () => {}, error: () => {}, debug: () => {}, fatal: () => {} };

export async function startHost(
  { port }: Pick<Surroundings, 'port'>,
  bff: DynamicModule,
  controllers: Type[],
  { bodyParser = false, imports = [] as Type[], inFront = [] as RequestHandler[] } = {},
): Promise<Host> {
  @Module({ imports: [bff, ...imports], controllers })
  class HostModule {}
  const app = await NestFactory.create<NestExpressApplication>(HostModule, {
    bodyParser,
    logger: silence,
    abortOnError: false,
  });
  for (const handler of inFront) app.use(handler);
  await app.listen(port, '127.0.0.1');
  return {
    app,
    url: `http://localhost:${port}`,
    close: async () => {
      app.getHttpServer().closeAllConnections();
      await app.close();
    },
  };
}
