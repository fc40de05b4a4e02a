import { execFile } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Row, row } from '../report.ts';
import { temporaryFolder } from '../stage/processes.ts';

const GOALS = { megabytes: 95, packages: 145 };
const LARGEST = 5;
const ROOT = join(import.meta.dirname, '../..');
const execute = promisify(execFile);

/** What `npm install` of the package brings with it, Nest and everything else that it needs at run time. Rejects without a registry. */
export async function measureInstall(): Promise<Row[]> {
  const folder = temporaryFolder();
  const { stdout } = await execute('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const tarball = stdout.trim().split('\n').at(-1) ?? '';
  const install = ['install', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error', `./${tarball}`];
  await execute('npm', install, { cwd: folder });
  const installed = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8')) as {
    packages: Record<string, unknown>;
  };
  const paths = Object.keys(installed.packages);
  const sizes = paths.map(path => ({ path, ...sizeOf(join(folder, path)) }));
  const [disk, content] = [total(sizes, 'disk'), total(sizes, 'content')];
  const largest = sizes.toSorted((a, b) => b.disk - a.disk).slice(0, LARGEST);
  const named = largest.map(({ path, disk: own }) => `${path.replace(/^.*node_modules\//, '')} ${own.toFixed(0)}`);
  return [
    row(
      'production install: on the disk, and the largest packages',
      `≤ ${GOALS.megabytes} MB`,
      `${disk.toFixed(0)} MB: ${named.join(', ')}`,
      disk <= GOALS.megabytes,
    ),
    { figure: 'production install: what the files hold', measured: `${content.toFixed(0)} MB` },
    row('production install: packages', `≤ ${GOALS.packages}`, String(paths.length), paths.length <= GOALS.packages),
  ];
}

interface Size {
  /** Megabytes that its files take, in whole blocks. */
  disk: number;
  /** Megabytes that they hold. */
  content: number;
}

/** A folder's own files, without the packages within. */
function sizeOf(folder: string): Size {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.name !== 'node_modules');
  const sizes = entries.map(entry => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sizeOf(path);
    const { blocks, size } = lstatSync(path);
    return { disk: (blocks * 512) / 1e6, content: size / 1e6 };
  });
  return { disk: total(sizes, 'disk'), content: total(sizes, 'content') };
}

function total(sizes: Size[], what: keyof Size): number {
  return sizes.reduce((sum, size) => sum + size[what], 0);
}
