/**
 * A program of its own (damage.ts says why): reads the storage file, all of it or what is worth the time. Exit code 65 and a line on stderr: it's damaged. It
 * imports nothing from beside it, because Node runs it as TypeScript too, and knows no `.js` for a `.ts` then.
 */
import { statSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { type Database, open } from 'lmdb';

const DAMAGED = 65;
/** Values of these tables begin with a checksum of the rest (stored-value.ts). */
const SUMMED = ['records', 'sets'];
const PLAIN = ['members', 'notices', 'expiry'];

/** `most`: entries of each table. */
function readThrough(path: string, most: number): void {
  const root = open({ path, readOnly: true, encoding: 'binary' });
  refuseTruncated(path, root.getStats());
  for (const name of [...SUMMED, ...PLAIN]) {
    const summed = SUMMED.includes(name);
    // Missing where another process is just making the file.
    const table: Database<Buffer> | undefined = root.openDB({ name, encoding: 'binary', useVersions: summed });
    if (table) readTable(name, table, { summed, most });
  }
}

/** Pages that a transaction may have taken at the end and given back again: nobody has ever written them. */
const UNWRITTEN = 1024;

/** What is lost most often is the end: a copy broke off, a disk was full. Where little is lost, reading tells. */
function refuseTruncated(path: string, stats: { lastPageNumber?: number; pageSize?: number }): void {
  const length = (Number(stats.lastPageNumber) - UNWRITTEN) * Number(stats.pageSize);
  if (statSync(path).size < length) throw new Error(`it was longer than ${length} bytes`);
}

function readTable(name: string, table: Database<Buffer>, { summed, most }: { summed: boolean; most: number }): void {
  const stats: { entryCount?: number } = table.getStats();
  let entries = 0;
  for (const { value } of table.getRange({ limit: most })) {
    if (summed && crc32(value.subarray(4)) !== value.readUInt32BE(0)) throw new Error(`a wrong checksum in ${name}`);
    entries += 1;
    // More than there can be: a page that points back up the tree.
    if (entries > Number(stats.entryCount)) break;
  }
  if (entries !== Math.min(most, Number(stats.entryCount)))
    throw new Error(`${name} has not as many entries as it says`);
}

/** What comes with a positive number is the operating system's (no permission, say), and then there's MDB_READERS_FULL: no damage. */
function isDamage(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? Number(error.code) : undefined;
  return !(code !== undefined && (code > 0 || code === -30790));
}

try {
  readThrough(process.argv[2] ?? '', Number(process.argv[3]));
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  // At once, before lmdb stumbles over the damage again in a timer and leaves another code.
  process.exit(isDamage(error) ? DAMAGED : 1);
}
