/** Loaded into the product's process by Node (`--import`), with `--expose-gc`: says what there is in it when its parent asks. */
import { readdirSync, readlinkSync } from 'node:fs';
import { answerWith } from '../stage/commands.ts';
import type { Inside, ProbeCommands } from './watched.ts';

const MIB = 2 ** 20;

answerWith<ProbeCommands>({
  async look(): Promise<Inside> {
    for (let again = 0; again < 3; again++) {
      globalThis.gc?.();
      await new Promise(resolve => setImmediate(resolve));
    }
    const open = readdirSync('/proc/self/fd').map(behind);
    const sockets = open.filter(file => file.startsWith('socket:')).length;
    const { heapUsed, rss } = process.memoryUsage();
    return { heap: heapUsed / MIB, rss: rss / MIB, sockets, others: open.length - sockets };
  },
});
// it isn't what keeps the process alive
process.channel?.unref();

/** The one that the folder was read with is gone. */
function behind(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return '';
  }
}
