import { parseArgs } from 'node:util';
import { ConfigurationError } from './configuration.js';
import { reasonOf, say } from './process.js';

/** Exit codes of a command: `0` well, `1` not, `2` the command line or the configuration has mistakes. */
export const EXIT = { well: 0, ill: 1, misconfigured: 2 };

/** Whether `--json` was asked for, the one option there is. Anything else prints the usage and ends the process. */
export function jsonWanted(usage: string): boolean {
  try {
    const { values } = parseArgs({
      options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    });
    if (!values.help) return values.json;
    say(usage);
    process.exit(EXIT.well);
  } catch (error) {
    say(`${reasonOf(error)}\n\n${usage}`, process.stderr);
    process.exit(EXIT.misconfigured);
  }
}

export function mistakesOf(error: unknown): string[] {
  return error instanceof ConfigurationError ? error.problems : [reasonOf(error)];
}
