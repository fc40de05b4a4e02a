import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const text = readFileSync(join(import.meta.dirname, '../../docs/contract.md'), 'utf8');

export type Row = Record<string, string>;

/** The first table under a heading of docs/contract.md, its cells as they are written, by the names of their columns. */
export function tableUnder(heading: string): Row[] {
  const [head = [], , ...rows] = sectionOf(heading)
    .split('\n')
    .filter(line => line.startsWith('|'))
    .map(line => line.split('|').slice(1, -1))
    .map(cells => cells.map(cell => cell.trim()));
  return rows.map(cells =>
    Object.fromEntries(head.map((name, index) => [name.replaceAll('`', ''), cells[index] ?? ''])),
  );
}

/** From the heading to the next one of any level. */
function sectionOf(heading: string): string {
  const [, ...after] = text
    .split('\n')
    .join('\n')
    .split(new RegExp(`^#{2,3} ${heading}$`, 'm'));
  const section = after.join('').split(/^#{2,3} /m)[0] ?? '';
  if (section.trim() === '') throw new Error(`docs/contract.md has no section ${heading}`);
  return section;
}

/** What stands between backticks, in its order. */
export function codes(cell: string | undefined): string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** `a` (`b`, `c`), `d` → a: [b, c], d: [] */
export function membersWithValues(cell: string | undefined): Map<string, string[]> {
  const members = (cell ?? '').matchAll(/`([^`]+)`(?: \(([^)]*)\))?/g);
  return new Map([...members].map(([, name = '', values]) => [name, codes(values)]));
}
