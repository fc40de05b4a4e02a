import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `ordinary: 200` → how often. */
export type Outcomes = Record<string, number>;

/** What may become of a call besides a `200`, by what it met. */
const AS_MEANT: Record<string, string[]> = {
  broken: ['503'],
  half: ['broken off'],
  gone: ['gone'],
  halfway: ['gone'],
};

/** The table of codes in docs/contract.md: `502 api_unreachable`. */
function documented(): Set<string> {
  const contract = readFileSync(join(import.meta.dirname, '../../docs/contract.md'), 'utf8');
  const rows = contract.matchAll(/^\| `(\w+)` +\| (\d{3}) +\|/gm);
  return new Set([...rows].map(([, code, status]) => `${status} ${code}`));
}

/** How many, of those that are in `which`. */
export function count(outcomes: Outcomes, which: (outcome: string, kind: string) => boolean): number {
  return Object.entries(outcomes).reduce((sum, [name, times]) => {
    const [kind = '', outcome = ''] = name.split(': ');
    return which(outcome, kind) ? sum + times : sum;
  }, 0);
}

export function sumOf(some: Outcomes, others: Outcomes): Outcomes {
  const names = new Set([...Object.keys(some), ...Object.keys(others)]);
  return Object.fromEntries([...names].map(name => [name, (some[name] ?? 0) + (others[name] ?? 0)]));
}

/** Those that neither the contract tells of nor the fault itself explains, by name. An `internal_error` is documented, and a fault of ours. */
export function unexplained(outcomes: Outcomes): string[] {
  const known = documented();
  return Object.keys(outcomes).filter(name => {
    const [kind = '', outcome = ''] = name.split(': ');
    if (outcome === '200' || AS_MEANT[kind]?.includes(outcome)) return false;
    return !known.has(outcome) || outcome.endsWith('internal_error');
  });
}

/** Whatever was met, the most frequent first. */
export function listed(outcomes: Outcomes): string {
  const names = new Set(Object.keys(outcomes).map(name => name.split(': ')[1] ?? ''));
  names.delete('200');
  const times = [...names].map(name => ({ name, times: count(outcomes, outcome => outcome === name) }));
  return times
    .toSorted((a, b) => b.times - a.times)
    .map(({ name, times: often }) => `${name} × ${often}`)
    .join('; ');
}
