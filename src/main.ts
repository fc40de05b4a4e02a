#!/usr/bin/env node
import { Logger } from '@nestjs/common';
import cluster from 'node:cluster';
import { Frontends } from './bff/index.js';
import { type Configuration, ConfigurationError, readConfiguration } from './configuration.js';
import { startServer } from './server.js';
import { closeOnSignal, collectBuffersYoung, say } from './process.js';
import { obeyPrimary, startWorkers } from './workers.js';

try {
  const configuration = readConfiguration();
  if (cluster.isWorker) obeyPrimary(await serve(configuration));
  else if (configuration.server.workers > 1) closeOnSignal(await startWorkers(configuration.server));
  else closeOnSignal(await serve(configuration));
} catch (error) {
  say(
    error instanceof ConfigurationError
      ? error.message
      : `Parlour can’t start: ${error instanceof Error ? error.message : String(error)}`,
    process.stderr,
  );
  // whatever was open by then must not keep the process
  process.exit(1);
}

async function serve(configuration: Configuration) {
  collectBuffersYoung();
  const server = await startServer(configuration, undefined, cluster.isWorker);
  server.app.get(Frontends).prepare();
  const { host, port } = configuration.server;
  const origins = configuration.bff.frontends.map(({ publicUrl }) => publicUrl).join(', ');
  // not said but logged: stdout is one JSON object a line
  new Logger('Parlour').log(`Parlour listens on ${host}:${port} for ${origins}`);
  return server;
}
