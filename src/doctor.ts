#!/usr/bin/env node
import { Logger } from '@nestjs/common';
import { examine, type Finding } from './bff/index.js';
import { EXIT, jsonWanted, mistakesOf } from './command-line.js';
import { readConfiguration } from './configuration.js';
import { say } from './process.js';

const USAGE = `Compares the configuration with what the authorization server offers: what will be used, what would fail. One real push.

  npm run doctor
      -- --json  for scripts

Exit code 1: a login would fail; 2: the command line or the configuration has mistakes.`;

const SIGNS: Record<Finding['verdict'], string> = { ok: 'ok', warning: 'warning', failure: 'FAILS', unknown: '?' };

async function diagnose(): Promise<{ findings: Finding[]; exit: number }> {
  try {
    const findings = await examine(readConfiguration().bff);
    return { findings, exit: findings.every(({ verdict }) => verdict !== 'failure') ? EXIT.well : EXIT.ill };
  } catch (error) {
    const at = { frontend: '', subject: 'configuration', offered: '', used: '', verdict: 'failure' as const };
    return { findings: mistakesOf(error).map(why => ({ ...at, why })), exit: EXIT.misconfigured };
  }
}

/** A line for each finding, and under it what would happen. */
function table(findings: Finding[]): string {
  const rows = findings.map(({ frontend, subject, offered, used, verdict }) => [
    frontend,
    subject,
    SIGNS[verdict],
    offered,
    used,
  ]);
  const head = ['frontend', 'what', 'verdict', 'the server offers', 'Parlour uses'];
  const widths = head.map((title, column) =>
    Math.max(...[title, ...rows.map(row => row[column] ?? '')].map(text => text.length)),
  );
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const body = findings.flatMap(({ why }, index) => [
    line(rows[index] ?? []),
    ...(why === undefined ? [] : [`    → ${why}`]),
  ]);
  return [line(head), ...body].join('\n');
}

// what is found is printed here, once; the log of the modules would say it a second time
Logger.overrideLogger(false);
const json = jsonWanted(USAGE);
const { findings, exit } = await diagnose();
say(json ? JSON.stringify({ ok: exit === EXIT.well, findings }, undefined, 2) : table(findings));
process.exit(exit);
