// Jest's globalSetup: the right Node, and one Chromium for all workers.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../..');

export default async function setUp() {
  requirePinnedNode();
  process.env.PARLOUR_TEST_CHROMIUM ??= existsSync('/usr/bin/chromium')
    ? '/usr/bin/chromium'
    : await unpackedChromium();
}

function requirePinnedNode() {
  const pinned = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies.node;
  if (process.version === `v${pinned}`) return;
  throw new Error(
    `These tests run on Node v${pinned}, this is ${process.version}: start them with "npm test" after "npm ci"`,
  );
}

/**
 * The package unpacks into the temporary folder and takes any file it finds there for a whole one. A run that was killed half-way,
 * or two at once, would leave a broken browser behind: so it unpacks into a folder of its own, which then gets its final name in one step.
 */
async function unpackedChromium() {
  const { version } = JSON.parse(readFileSync(packageFile('@sparticuz/chromium'), 'utf8'));
  const home = join(root, 'node_modules/.cache/parlour', `chromium-${version}`);
  const executable = join(home, 'chromium');
  if (existsSync(executable)) return executable;
  mkdirSync(dirname(home), { recursive: true });
  const workshop = mkdtempSync(`${home}-`);
  await unpackInto(workshop);
  try {
    renameSync(workshop, home);
  } catch (cause) {
    rmSync(workshop, { recursive: true, force: true });
    if (!existsSync(executable)) throw cause;
  }
  return executable;
}

async function unpackInto(folder) {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    const { default: chromium } = await import('@sparticuz/chromium');
    await chromium.executablePath();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

/** The package doesn't export its package.json. */
function packageFile(name) {
  return join(dirname(createRequire(import.meta.url).resolve(name)), '../../package.json');
}
