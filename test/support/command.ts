import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { afterAll } from '@jest/globals';
import { temporaryDirectory } from './parlour.js';

/** What the tests of a file have started ends with them. */
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

export interface Command {
  child: ChildProcess;
  folder: string;
  stdout: () => string;
  stderr: () => string;
  /** Resolves when it has said this; rejects when it ends without. However long that takes: a busy machine is no failure. */
  says: (text: string) => Promise<void>;
  /** Its exit code, after everything that it had to say. */
  ended: Promise<number | null>;
}

/** A script of Node's, with exactly this environment, in a folder of its own if no other is named. */
export function run(
  script: string[],
  environment: Record<string, string>,
  folder: string = temporaryDirectory(),
): Command {
  const child = spawn(process.execPath, script, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const said = { stdout: '', stderr: '' };
  const heard = new EventEmitter();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', chunk => {
      said[name] += String(chunk);
      heard.emit('more');
    });
  }
  const ended = once(child, 'close').then(([code]): number | null => code);
  const says = async (text: string) => {
    const hasSaid = () => `${said.stdout}${said.stderr}`.includes(text);
    while (!hasSaid()) {
      const isOver = await Promise.race([once(heard, 'more').then(() => false), ended.then(() => true)]);
      if (isOver && !hasSaid()) throw new Error(`it ended without “${text}”: ${said.stdout}${said.stderr}`);
    }
  };
  return { child, folder, stdout: () => said.stdout, stderr: () => said.stderr, says, ended };
}
