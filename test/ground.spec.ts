import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

interface Manifest {
  license: string;
  bin: Record<string, string>;
  exports: Record<string, string | Record<string, string>>;
  devDependencies: Record<string, string>;
}

const manifest: Manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const pointedTo = [
  ...Object.values(manifest.exports).flatMap(target => Object.values(asRecord(target))),
  ...binaries(),
];

function asRecord(target: string | Record<string, string>): Record<string, string> {
  return typeof target === 'string' ? { target } : target;
}

function binaries(): string[] {
  return Object.values(manifest.bin);
}

function packed(): string[] {
  // npm's own cache and log folders may be anywhere: only the list is wanted
  const answer = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error'], {
    encoding: 'utf8',
  });
  const [{ files }]: [{ files: { path: string }[] }] = JSON.parse(answer);
  return files.map(({ path }) => path);
}

describe('the ground', () => {
  it('runtime: the tests run on exactly the Node that package.json names', () => {
    expect(process.version).toBe(`v${manifest.devDependencies['node']}`);
  });

  it('package.json leads to files that the build makes', () => {
    expect(pointedTo.filter(path => !existsSync(path))).toEqual([]);
    for (const path of binaries()) expect(readFileSync(path, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('package: holds what it leads to, and no development server', () => {
    const files = packed();
    expect(pointedTo.filter(path => !files.includes(path.replace('./', '')))).toEqual([]);
    expect(files.filter(path => /^(?:dist\/dev|src|test|client-demo|data)\//.test(path))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'docs/contract.md']));
  });

  it('is under the MIT license', () => {
    expect(manifest.license).toBe('MIT');
    expect(readFileSync('LICENSE', 'utf8')).toMatch(/^MIT License\n/);
  });

  it.each(['package-lock.json', 'bench/package-lock.json'])('%s names no registry: npm’s own setting decides', path => {
    const hosts = [...readFileSync(path, 'utf8').matchAll(/"resolved": "(\w+:\/\/[^/"]+)/g)];
    expect(hosts.map(([, host]) => host)).toEqual([]);
  });
});
