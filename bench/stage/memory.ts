import { readFileSync, writeFileSync } from 'node:fs';

const MIB = 1024;

/** MiB that a process has in memory, and the most it has had since `forgetPeak` (proc(5): VmRSS, VmHWM). */
export function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / MIB;
  return { now: field('VmRSS'), peak: field('VmHWM') };
}

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
