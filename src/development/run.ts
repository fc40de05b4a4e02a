import { ConfigurationError } from '../environment/configuration-error.js';
import { type Closable, closeOnSignal, reasonOf, say } from '../process.js';

export interface Demo {
  /** In the order in which they end. */
  running: Closable[];
  greeting: string;
}

/** Everything on one laptop, never in production. What is under `dev/` comes by dynamic imports: a production install has nothing of it. */
export async function runDemo(
  command: string,
  start: () => Promise<Demo>,
  wayOut = 'stop what listens there',
): Promise<void> {
  try {
    const { refuseProduction } = await import('../dev/refuse-production.js');
    refuseProduction();
    const { running, greeting } = await start();
    closeOnSignal(...running);
    say(greeting);
  } catch (error) {
    say(explained(error, command, wayOut), process.stderr);
    // whatever was open by then must not keep the process
    process.exit(1);
  }
}

/** Of the ports that have no variable of their own; the servers themselves say the rest. */
function explained(error: unknown, command: string, wayOut: string): string {
  if (error instanceof ConfigurationError) return error.message;
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' && 'port' in error;
  const reason = taken
    ? `port ${String(error.port)} is taken, perhaps by another ${command}: ${wayOut}`
    : reasonOf(error);
  return `Parlour can’t start: ${reason}`;
}

/** Lines for people, without those that don't hold. */
export function lines(...all: (string | false)[]): string {
  const shown = all.filter(line => line !== false).map(line => (line === '' ? '' : `  ${line}`));
  return ['', ...shown, ''].join('\n');
}
