#!/usr/bin/env node
import { Logger } from '@nestjs/common';
import { Frontends } from './bff/index.js';
import { ConfigurationError, readConfiguration } from './configuration.js';
import { startServer } from './server.js';
import { closeOnSignal, say } from './process.js';

try {
  const configuration = readConfiguration();
  const server = await startServer(configuration);
  closeOnSignal(server);
  server.app.get(Frontends).prepare();
  const { host, port } = configuration.server;
  const origins = configuration.bff.frontends.map(({ publicUrl }) => publicUrl).join(', ');
  // not said but logged: stdout is one JSON object a line
  new Logger('Parlour').log(`Parlour listens on ${host}:${port} for ${origins}`);
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
