import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { AppModule } from './app.module.js';
import { ErrorFilter, Events, STORAGE } from './bff/index.js';
import type { Configuration, ServerOptions } from './configuration.js';
import { JsonLog } from './json-log.js';
import { type Health, startManagement } from './management.js';
import { cantListen, closeWithin } from './process.js';

export interface RunningServer {
  app: NestExpressApplication;
  /** Of the management server. */
  managementPort: number;
  /** Lets requests under way finish, for `SHUTDOWN_TIMEOUT` seconds at most; then everything is closed. */
  close(): Promise<void>;
}

export async function startServer(
  configuration: Configuration,
  logger: LoggerService = new JsonLog(configuration.server),
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
  const management = await listening(app, options, { storage: app.get(STORAGE), events, leaving: () => leaving });
  return {
    app,
    managementPort: portOf(management),
    close: async () => {
      leaving = true;
      await closeWithin(options.shutdownTimeout, app, http);
      management.close();
      management.closeAllConnections();
      await once(management, 'close');
    },
  };
}

/** Both servers, or neither: nothing half-started keeps the process or the storage. */
async function listening(app: NestExpressApplication, options: ServerOptions, health: Health): Promise<Server> {
  const { host, port, managementHost, managementPort } = options;
  try {
    await app.listen(port, host).catch(cantListen('PORT', host, port));
    return await startManagement(options, health).catch(cantListen('MANAGEMENT_PORT', managementHost, managementPort));
  } catch (error) {
    await app.close();
    throw error;
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
