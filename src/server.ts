import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Server } from 'node:http';
import { AppModule } from './app.module.js';
import { ErrorFilter, Events, STORAGE } from './bff/index.js';
import type { Configuration, ServerOptions } from './configuration.js';
import { JsonLog } from './json-log.js';
import { type Health, healthOf, startManagement, stopManagement } from './management.js';
import { cantListen, closeWithin } from './process.js';

export interface RunningServer {
  app: NestExpressApplication;
  /** Of the management server; 0 in a worker, which has none. */
  managementPort: number;
  health: Health;
  /** Lets requests under way finish, for `SHUTDOWN_TIMEOUT` seconds at most; then everything is closed. */
  close(): Promise<void>;
}

/** `isWorker`: another process answers operators for this one. */
export async function startServer(
  configuration: Configuration,
  logger: LoggerService = new JsonLog(configuration.server),
  isWorker = false,
): Promise<RunningServer> {
  const { server: options, dangers } = configuration;
  const app = await NestFactory.create<NestExpressApplication>(AppModule.of(configuration), {
    bodyParser: false,
    abortOnError: false,
    logger,
  });
  app.disable('x-powered-by');
  app.useGlobalFilters(app.get(ErrorFilter));
  const events = app.get(Events);
  for (const danger of dangers) events.record({ event: 'configuration_danger', ...danger });
  const http = app.getHttpServer();
  // uploads may take as long as they move; headers may not (Node's own 60 s)
  http.requestTimeout = 0;

  let leaving = false;
  const health = healthOf(app.get(STORAGE), events, () => leaving);
  const management = await listening(app, options, isWorker ? undefined : health);
  return {
    app,
    health,
    managementPort: management ? portOf(management) : 0,
    close: async () => {
      leaving = true;
      await closeWithin(options.shutdownTimeout, app, http);
      if (management) await stopManagement(management);
    },
  };
}

/** Both servers, or neither: nothing half-started keeps the process or the storage. */
async function listening(
  app: NestExpressApplication,
  options: ServerOptions,
  health: Health | undefined,
): Promise<Server | undefined> {
  const { host, port } = options;
  try {
    await app.listen(port, host).catch(cantListen('PORT', host, port));
    return health && (await startManagement(options, health));
  } catch (error) {
    await app.close();
    throw error;
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
