import { join } from 'node:path';
import { fullTable, type Group, shortTable, surroundings, writeBetweenMarkers } from './report.ts';
import { readSettings, type Settings } from './settings.ts';
import { endAll } from './stage/processes.ts';

/** Each measures what belongs together; its folder says what. */
const GROUPS: Record<string, () => Promise<(settings: Settings) => Promise<Group>>> = {
  sessions: async () => (await import('./sessions/index.ts')).measureSessions,
};

async function run(): Promise<void> {
  const settings = readSettings(process.argv.slice(2));
  const unknown = settings.groups.find(name => !Object.hasOwn(GROUPS, name));
  if (unknown !== undefined) throw new Error(`there is no ${unknown}; there is ${Object.keys(GROUPS).join(', ')}`);
  for (const [name, load] of Object.entries(GROUPS)) {
    if (settings.groups.length === 0 || settings.groups.includes(name)) await measure(name, load, settings);
  }
}

async function measure(name: string, load: (typeof GROUPS)[string], settings: Settings): Promise<void> {
  const { rows, versions } = await (await load())(settings);
  const missing = rows.filter(({ verdict }) => verdict === 'not measured');
  if (missing.length > 0) process.exitCode = 1;
  const conditions = surroundings(versions, settings);
  console.log(`\n${name}: ${conditions}\n\n${fullTable(rows)}\n`);
  for (const { figure, measured } of missing) console.error(`left out: ${figure}: ${measured}`);
  if (!settings.write) return;
  writeBetweenMarkers(join(import.meta.dirname, 'RESULTS.md'), name, `${conditions}\n\n${fullTable(rows)}`);
  writeBetweenMarkers(join(import.meta.dirname, '../README.md'), name, `${shortTable(rows)}\n\n${conditions}`);
}

process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143));
try {
  await run();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
} finally {
  await endAll();
}
