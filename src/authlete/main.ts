#!/usr/bin/env node
import { Logger } from '@nestjs/common';
import { closeOnSignal, reasonOf, say } from '../process.js';
import { ConfigurationError, loadAccounts, readAuthleteConfiguration } from './configuration.js';
import { startAuthleteServer } from './server.js';

try {
  const configuration = readAuthleteConfiguration();
  const server = await startAuthleteServer(configuration, await loadAccounts(configuration.accountsModule));
  closeOnSignal(server);
  // not said but logged: stdout is one JSON object a line
  new Logger('Authlete').log(`The authorization server listens on ${server.url} for ${configuration.options.issuer}`);
} catch (error) {
  say(
    error instanceof ConfigurationError ? error.message : `The authorization server can’t start: ${reasonOf(error)}`,
    process.stderr,
  );
  // whatever was open by then must not keep the process
  process.exit(1);
}
