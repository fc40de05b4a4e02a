// What the tests need from the system, checked before every `npm test`: silent when it is all there. Runs on whatever Node started npm (20 or newer).
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const needs = [
  { for: 'Chromium', package: 'libnss3', present: () => existsSync('/usr/bin/chromium') || isInstalled('libnss3') },
  { for: 'Chromium', package: 'libexpat1', present: () => existsSync('/usr/bin/chromium') || isInstalled('libexpat1') },
  { for: 'the tests behind a TLS terminator', package: 'nginx-light', present: () => isOnPath('nginx') },
  { for: 'the tests of the storage', package: 'redis-server', present: () => isOnPath('redis-server') },
];

const missing = needs.filter(need => !need.present()).map(need => need.package);
if (missing.length > 0) provide(missing);

function provide(packages) {
  const why = needs.filter(need => packages.includes(need.package)).map(need => `${need.package} (${need.for})`);
  if (!isDebian() || process.getuid?.() !== 0) {
    console.error(`The tests need ${why.join(', ')}. On Debian or Ubuntu:\n`);
    console.error(`  sudo apt-get update && sudo apt-get install --no-install-recommends -y ${packages.join(' ')}\n`);
    process.exit(1);
  }
  console.log(`Installing what the tests need: ${why.join(', ')}`);
  withoutStartingServices(() => {
    apt('update');
    apt('install', '--no-install-recommends', '-y', ...packages);
  });
}

/** Debian starts a service as soon as it is installed, unless policy-rc.d says 101; one that is there already is the machine owner's. */
function withoutStartingServices(install) {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    install();
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const { status, stdout, stderr } = spawnSync('apt-get', ['-qq', ...args], { env, encoding: 'utf8' });
  if (status === 0) return;
  // Thrown, not process.exit: the policy file above has to go away again.
  throw new Error(`apt-get ${args.join(' ')} failed with ${status}:\n${stdout ?? ''}${stderr ?? ''}`);
}

function isInstalled(name) {
  const { status, stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Status}', name], { encoding: 'utf8' });
  return status === 0 && stdout.includes('install ok installed');
}

/** sbin isn't on everybody's PATH, and Debian puts servers there. */
function isOnPath(program) {
  return [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'].some(folder =>
    existsSync(`${folder}/${program}`),
  );
}

function isDebian() {
  return (
    existsSync('/etc/os-release') && /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'))
  );
}
