// The catalogue of mutations: each names one check, takes it out, and says which tests have to die of it.
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(import.meta.dirname, 'catalogue');

/**
 * @typedef {object} Mutation
 * @property {string} rule number of the rule that the check upholds, as docs/security.md lists them
 * @property {string} what the check that is taken out, in one line
 * @property {string} file path from the repository's root
 * @property {string} find source text that occurs exactly once in `file`
 * @property {string} replace what stands there instead
 * @property {string | string[]} tests spec files that hold the citing tests, as paths or globs
 * @property {string} [name] pattern of the tests' names; left out: whatever cites the rule
 */

/** @returns {Promise<(Mutation & { where: string })[]>} */
export async function readCatalogue() {
  const files = readdirSync(FOLDER).filter(name => name.endsWith('.mjs'));
  const lists = await Promise.all(
    files.toSorted().map(async file => {
      const { default: entries } = await import(join(FOLDER, file));
      return entries.map((entry, index) => ({ ...entry, where: `${file}, entry ${index + 1}` }));
    }),
  );
  return lists.flat();
}

/** @param {Mutation} mutation */
export function testFiles({ tests }, root = ROOT) {
  return [tests].flat().flatMap(pattern => globSync(pattern, { cwd: root }).filter(path => path.includes('spec.')));
}

/** A test cites a rule by its number, as in `A1, A10: …`. @param {string} rule @param {string} testName */
export function cites(rule, testName) {
  return new RegExp(citation(rule)).test(testName);
}

/** @param {Mutation} mutation @returns {string} for Jest's --testNamePattern */
export function namePattern({ rule, name }) {
  return name ?? citation(rule);
}

function citation(rule) {
  return `\\b${rule.replace(/[^\w]/g, '\\$&')}\\b`;
}

/** What is wrong with an entry, so that it moves along with the code. */
export function problemsOf(mutation, root = ROOT) {
  const { what, file, find, replace } = mutation;
  const read = path => readSource(join(root, path));
  const source = read(file);
  const count = source === undefined ? 0 : source.split(find).length - 1;
  return [
    what.includes('\n') && '“what” is more than one line',
    source === undefined && `${file} is not there`,
    source !== undefined && count !== 1 && `“find” occurs ${count} times in ${file}: ${find.split('\n')[0]}`,
    find === replace && '“replace” changes nothing',
    testFiles(mutation, root).length === 0 && `no spec file is ${mutation.tests}`,
  ].filter(problem => problem !== false);
}

function readSource(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
