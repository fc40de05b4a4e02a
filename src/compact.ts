#!/usr/bin/env node
import { compactStorage } from './bff/index.js';
import { EXIT, jsonWanted, mistakesOf } from './command-line.js';
import { ConfigurationError, readConfiguration } from './configuration.js';
import { say } from './process.js';

const USAGE = `Gives the room of ended sessions in the embedded storage's file back to the disk. Reads the configuration that the server reads
(STORAGE_URL). Stop every Parlour that uses the file before; it's refused otherwise, and nothing is changed then.

  npm run compact
      -- --json  for scripts

Exit code 1: it couldn't be done; 2: the command line or the configuration has mistakes.`;

const json = jsonWanted(USAGE);
// the copy is for its owner alone from its first byte on
process.umask(0o077);
try {
  const done = await compactStorage(readConfiguration().bff.storageUrl);
  const { file, before, after, expired } = done;
  const text = `${file}: ${before} bytes before, ${after} bytes after. Expired entries removed: ${expired}.`;
  say(json ? JSON.stringify({ ok: true, ...done }, undefined, 2) : text);
} catch (error) {
  const mistakes = mistakesOf(error);
  if (json) say(JSON.stringify({ ok: false, mistakes }, undefined, 2));
  else say(mistakes.join('\n'), process.stderr);
  process.exitCode = error instanceof ConfigurationError ? EXIT.misconfigured : EXIT.ill;
}
