import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { cites, problemsOf, readCatalogue } from './mutations/catalogue.mjs';

const catalogue = await readCatalogue();

/** docs/security.md, the tables of rules: `| B1 | MUST | … |` */
const rules = [...readFileSync('docs/security.md', 'utf8').matchAll(/^\| ([A-Z]\d+) +\| (MUST|SHOULD|own) +\|/gm)].map(
  ([, rule = '', level = '']) => ({ rule, level }),
);

const specs = globSync('test/**/*.ts').map(path => readFileSync(path, 'utf8'));

describe('the catalogue of mutations', () => {
  it('takes text out that is there, exactly once, and names tests that are there', () => {
    expect(catalogue.flatMap(entry => problemsOf(entry).map(problem => `${entry.where}: ${problem}`))).toEqual([]);
  });

  it('has an entry for every MUST', () => {
    const musts = rules.filter(({ level }) => level === 'MUST').map(({ rule }) => rule);
    expect(musts.length).toBeGreaterThan(40);
    expect(musts.filter(rule => !catalogue.some(entry => entry.rule === rule))).toEqual([]);
  });

  it('control: sees text that has moved, text that stands twice, and a rule that is only part of a number', () => {
    const [entry] = catalogue;
    if (!entry) throw new Error('the catalogue is empty');
    expect(problemsOf({ ...entry, find: 'moved away' })).toEqual([expect.stringContaining('occurs 0 times')]);
    expect(problemsOf({ ...entry, find: 'import' })).toEqual([expect.stringMatching(/occurs \d+ times/)]);
    expect([cites('B1', 'B13: a sentence'), cites('B1', 'B13, B1: a sentence')]).toEqual([false, true]);
  });
});

describe('docs/security.md', () => {
  it.each([
    ['P', 12],
    ['A', 11],
    ['F', 9],
    ['C', 8],
    ['L', 12],
    ['R', 13],
  ])('has %s1 to the last, %i, as MUSTs', (letter, last) => {
    const expected = Array.from({ length: last }, (_, index) => ({ rule: `${letter}${index + 1}`, level: 'MUST' }));
    expect(rules.filter(({ rule }) => rule.startsWith(letter))).toEqual(expected);
  });

  it.each(rules)('$rule is cited by a test', ({ rule }) => {
    expect(specs.some(text => new RegExp(`['\`][^'\`\\n]*\\b${rule}\\b`).test(text))).toBe(true);
  });
});
