import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** A line of the table. Without a goal it explains one that has. */
export interface Row {
  figure: string;
  goal?: string;
  measured: string;
  verdict?: 'met' | 'missed' | 'not measured';
}

export interface Group {
  rows: Row[];
  /** What was measured with: `Redis` → `7.0.15`. */
  versions: Record<string, string>;
  /** There are no rounds. */
  isOneRun?: true;
}

export function row(figure: string, goal: string, measured: string, isMet: boolean): Row {
  return { figure, goal, measured, verdict: isMet ? 'met' : 'missed' };
}

export function leftOut(figure: string, reason: string): Row {
  return { figure, measured: reason.replace(/\s+/g, ' '), verdict: 'not measured' };
}

/** What the figures belong to: absolute ones are this machine's. */
export function surroundings({ versions, isOneRun }: Omit<Group, 'rows'>, { rounds }: { rounds: number }): string {
  const [cpu] = cpus();
  const machine = `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const all = { Node: process.versions.node, ...versions };
  const named = Object.entries(all).map(([name, version]) => `${name} ${version}`);
  const date = new Date().toISOString().slice(0, 10);
  const count = isOneRun ? 'one run' : `medians of ${rounds} round${rounds === 1 ? '' : 's'}`;
  return `${date} · ${machine} · ${named.join(' · ')} · ${count}`;
}

/** All rows. */
export function fullTable(rows: Row[]): string {
  const cells = rows.map(({ figure, goal, measured, verdict }) => [figure, goal ?? '', measured, said(verdict)]);
  return table([['figure', 'goal', 'measured', ''], ...cells]);
}

/** Those with a goal, and those that were left out. */
export function shortTable(rows: Row[]): string {
  return fullTable(rows.filter(({ verdict }) => verdict !== undefined));
}

/** Replaces what stands between the two comments of that name, `<!-- bench: name -->` and `<!-- /bench: name -->`. Throws where they are missing. */
export function writeBetweenMarkers(path: string, name: string, text: string): void {
  const [begin, end] = [`<!-- bench: ${name} -->`, `<!-- /bench: ${name} -->`];
  const before = readFileSync(path, 'utf8');
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path} has no ${begin} … ${end}`);
  writeFileSync(path, `${before.slice(0, from + begin.length)}\n\n${text}\n\n${before.slice(to)}`);
}

function said(verdict: Row['verdict']): string {
  return verdict === 'missed' || verdict === 'not measured' ? `**${verdict}**` : (verdict ?? '');
}

/** As prettier would write it. */
function table([head = [], ...body]: string[][]): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...body].map(cells => (cells[column] ?? '').length)));
  const line = (cells: string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(head), `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join('\n');
}
