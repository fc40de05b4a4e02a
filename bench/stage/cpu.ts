import { readdirSync, readFileSync } from 'node:fs';

/** Microseconds; Linux counts in hundredths of a second, whatever the kernel's own clock. */
const TICK = 10_000;

/** What a process and its children have had of the processors so far, in microseconds: with those of its children that have ended. */
export function cpuTime(pid: number): number {
  return sum(processesOf(pid).map(timeOf));
}

function timeOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // after the name, which may have spaces: proc(5) counts utime, stime, cutime and cstime as 14 to 17
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return sum(fields.slice(11, 15).map(Number)) * TICK;
}

function processesOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`)
    .flatMap(task => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '))
    .filter(Boolean)
    .map(Number);
  return [pid, ...children.flatMap(processesOf)];
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
