// One run of Jest in a working copy, and what came of it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, realpathSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

const RUN_TIMEOUT = 180_000;
const FIRST_DEATH = join(import.meta.dirname, 'first-death.mjs');

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/**
 * `rule`: the first test that dies and cites it ends the run. `broken`: it can't be said whether a test would have died, because the run itself failed.
 * @typedef {{ file: string, name: string }} Ran
 * @returns {Promise<{ passed: Ran[], failed: Ran[], broken?: string }>} the tests that ran
 */
export async function runJest(directory, { files, options, rule, workers = 1, timeout = RUN_TIMEOUT }) {
  const output = join(directory, 'jest-result.json');
  rmSync(output, { force: true });
  const reporters = rule === undefined ? [] : [`--reporters=${FIRST_DEATH}`];
  const given = [...command(output, workers), ...reporters, ...options, '--runTestsByPath', ...files];
  const child = spawn(process.execPath, given, {
    cwd: directory,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_ENV: 'test', MUTATION_RULE: rule, MUTATION_OUTPUT: output },
  });
  running.add(child);
  let said = '';
  child.stderr.on('data', chunk => (said += chunk));
  const late = setTimeout(() => kill(child), timeout);
  await once(child, 'close');
  clearTimeout(late);
  running.delete(child);
  // what a run that ended early has left
  kill(child);
  return outcomeOf(directory, output, said);
}

export function killAll() {
  for (const child of running) kill(child);
}

/** The whole group: a test may have started servers of its own. */
function kill(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // gone already
  }
}

function command(output, workers) {
  return [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--json',
    `--outputFile=${output}`,
    '--cacheDirectory=.jest-cache',
    '--no-watchman',
    '--forceExit',
    ...(workers === 1 ? ['--runInBand'] : [`--maxWorkers=${workers}`]),
  ];
}

function outcomeOf(directory, output, said) {
  const result = read(output);
  if (!result) return { passed: [], failed: [], broken: `Jest came to no end: ${said.trim().slice(-300)}` };
  const ran = status => result.testResults.flatMap(suite => testsOf(suite, status, directory));
  const unloadable = result.testResults.find(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every(test => test.status !== 'failed'),
  );
  return {
    passed: ran('passed'),
    failed: ran('failed'),
    ...(unloadable && { broken: `the tests didn't load: ${firstLines(unloadable.message)}` }),
  };
}

function testsOf({ name, assertionResults }, status, directory) {
  const file = relative(realpathSync(directory), name);
  return assertionResults.filter(test => test.status === status).map(({ fullName }) => ({ file, name: fullName }));
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function firstLines(message) {
  const lines = message.split('\n').map(line => line.trim());
  return lines.filter(Boolean).slice(0, 4).join(' ').slice(0, 300);
}
