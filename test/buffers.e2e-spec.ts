import { expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';

/** The most MiB of buffers that were there meanwhile, while so many bytes passed in pieces of a socket's; in a process of its own, as a heap's history counts. */
function mostHeld(bytes: number, before = ''): number {
  const program = `
    ${before}
    const held = () => process.memoryUsage().arrayBuffers / 2 ** 20;
    const [start, most] = [held(), []];
    for (let passed = 0; passed < ${bytes}; passed += 65_536) {
      Buffer.allocUnsafeSlow(65_536);
      most.push(held() - start);
    }
    console.log(Math.max(...most));`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' }));
}

it('a gigabyte that passes leaves at most 40 MiB to the garbage collector at a time', () => {
  const early = `import { collectBuffersYoung } from './dist/process.js'; collectBuffersYoung();`;
  expect(mostHeld(1e9, early)).toBeLessThan(40);
});

it('control: it would be more', () => {
  expect(mostHeld(1e9)).toBeGreaterThan(60);
});
