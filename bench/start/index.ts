import { type Group, leftOut, type Row } from '../report.ts';
import { isWanted, type Settings } from '../settings.ts';
import { measureColdStart } from './cold-start.ts';
import { measureInstall } from './install.ts';

/** What it takes until it's there. */
export async function measureStart(settings: Settings): Promise<Group> {
  const rows: Row[] = [];
  if (isWanted('cold-start', settings)) rows.push(...(await measureColdStart(settings.rounds)));
  if (isWanted('install', settings))
    rows.push(
      ...(await measureInstall().catch((error: unknown) => [
        leftOut('production install', error instanceof Error ? error.message : String(error)),
      ])),
    );
  return { rows, versions: {} };
}
