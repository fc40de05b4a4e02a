#!/usr/bin/env node
import { Logger } from '@nestjs/common';
import { parseArgs } from 'node:util';
import { examine, type Finding } from './bff/index.js';
import { ConfigurationError, readConfiguration } from './configuration.js';
import { say } from './process.js';

/** Exit codes: `0` logins should work, `1` something would fail, `2` the configuration has mistakes. */
const EXIT = { well: 0, ill: 1, misconfigured: 2 };

const SIGNS: Record<Finding['verdict'], string> = { ok: 'ok', warning: 'warning', failure: 'FAILS', unknown: '?' };

async function diagnose(): Promise<{ findings: Finding[]; exit: number }> {
  try {
    const findings = await examine(readConfiguration().bff);
    return { findings, exit: findings.every(({ verdict }) => verdict !== 'failure') ? EXIT.well : EXIT.ill };
  } catch (error) {
    const mistakes = error instanceof ConfigurationError ? error.problems : [messageOf(error)];
    const at = { frontend: '', subject: 'configuration', offered: '', used: '', verdict: 'failure' as const };
    return { findings: mistakes.map(why => ({ ...at, why })), exit: EXIT.misconfigured };
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// what is found is printed here, once; the log of the modules would say it a second time
Logger.overrideLogger(false);
const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const { findings, exit } = await diagnose();
say(values.json ? JSON.stringify({ ok: exit === EXIT.well, findings }, undefined, 2) : table(findings));
process.exit(exit);
