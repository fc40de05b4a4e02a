import { join } from 'node:path';
import { fullTable, type Group, shortTable, surroundings, writeBetweenMarkers } from './report.ts';
import { readSettings, type Settings } from './settings.ts';
import { endAll } from './stage/processes.ts';

interface Kind {
  load: () => Promise<(settings: Settings) => Promise<Group>>;
  /** What `--only` may name. */
  parts: string[];
  /** It only runs when it's named. */
  isExtra?: true;
  /** Its rows with a goal stand in the README, too. */
  isInReadme?: true;
}

/** Each measures what belongs together; its folder says what. */
const GROUPS: Record<string, Kind> = {
  proxy: {
    load: async () => (await import('./proxy/index.ts')).measureProxy,
    parts: ['pass-through', 'parlour', 'nest', 'express-openid-connect', 'mod_auth_openidc', 'latency'],
    isInReadme: true,
  },
  endpoints: {
    load: async () => (await import('./endpoints/index.ts')).measureEndpoints,
    parts: ['session', 'login', 'callback'],
    isInReadme: true,
  },
  streams: { load: async () => (await import('./streams/index.ts')).measureStreams, parts: [] },
  start: {
    load: async () => (await import('./start/index.ts')).measureStart,
    parts: ['cold-start', 'install'],
    isInReadme: true,
  },
  sessions: { load: async () => (await import('./sessions/index.ts')).measureSessions, parts: [], isInReadme: true },
  soak: { load: async () => (await import('./soak/index.ts')).measureSoak, parts: [], isExtra: true },
};

async function run(): Promise<void> {
  const settings = readSettings(process.argv.slice(2));
  check(settings.groups, Object.keys(GROUPS));
  const chosen = Object.entries(GROUPS).filter(([name, { isExtra }]) =>
    settings.groups.length === 0 ? !isExtra : settings.groups.includes(name),
  );
  check(
    settings.only,
    chosen.flatMap(([, { parts }]) => parts),
  );
  for (const [name, kind] of chosen) await measure(name, kind, settings);
}

function check(asked: string[], known: string[]): void {
  const unknown = asked.find(name => !known.includes(name));
  if (unknown !== undefined) throw new Error(`there is no ${unknown}; there is ${known.join(', ')}`);
}

async function measure(name: string, { load, isInReadme }: Kind, settings: Settings): Promise<void> {
  const group = await (await load())(settings);
  const { rows } = group;
  const missing = rows.filter(({ verdict }) => verdict === 'not measured');
  if (missing.length > 0) process.exitCode = 1;
  const conditions = surroundings(group, settings);
  console.log(`\n${name}: ${conditions}\n\n${fullTable(rows)}\n`);
  for (const { figure, measured } of missing) console.error(`left out: ${figure}: ${measured}`);
  if (!settings.write) return;
  writeBetweenMarkers(join(import.meta.dirname, 'RESULTS.md'), name, `${conditions}\n\n${fullTable(rows)}`);
  if (isInReadme)
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
