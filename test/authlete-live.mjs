// `npm run test:authlete-live`: the contract suite against a real service of Authlete. Which client it needs, the suite's head says.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const { env } = process;

const given = name => (env[name] ?? '') !== '';
const missingOf = names => names.filter(name => !given(name));
const CREDENTIALS = [
  ['AUTHLETE_SERVICE_ID', 'AUTHLETE_ACCESS_TOKEN'],
  ['AUTHLETE_API_KEY', 'AUTHLETE_API_SECRET'],
];
const missing = [
  ...missingOf([
    'AUTHLETE_BASE_URL',
    'AUTHLETE_LIVE_CLIENT_ID',
    'AUTHLETE_LIVE_CLIENT_SECRET',
    'AUTHLETE_LIVE_REDIRECT_URI',
  ]),
  ...(CREDENTIALS.some(names => names.every(given))
    ? []
    : [CREDENTIALS.map(names => names.join(' with ')).join(' or ')]),
];

// Nothing was checked, so nothing passed; and nothing failed either.
if (missing.length > 0) {
  console.log(`not run: the contract suite against a real service, because these are not set: ${missing.join(', ')}`);
  process.exit(0);
}

const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--runTestsByPath',
    'test/authlete-contract.e2e-spec.ts',
  ],
  { cwd: root, stdio: 'inherit', env: { ...env, PARLOUR_AUTHLETE_LIVE: 'yes' } },
);
console.log(`${status === 0 ? 'held' : 'did not hold'} against ${new URL(env.AUTHLETE_BASE_URL).origin}`);
if (!given('AUTHLETE_LIVE_STRICT_CLIENT_ID')) {
  console.log('not run: A008305, A124301 and A157303, because AUTHLETE_LIVE_STRICT_CLIENT_ID is not set');
}
process.exit(status ?? 1);
