// npm run test:mutations [-- --only B13] [-- --list]
// Takes one check at a time out of a copy of the code and wants a test that cites its rule to die.
import { parseArgs } from 'node:util';
import { cites, namePattern, problemsOf, readCatalogue, testFiles } from './catalogue.mjs';
import { killAll, runJest } from './jest.mjs';
import { createWorkingCopy, mutated, removeWorkingCopy } from './working-copy.mjs';

/** More than processors: much of a test is waiting. */
const WORKERS = 3;
/** Milliseconds: a mutation may well make a request hang, which is as good a death as any, but nobody wants to wait for it. */
const TEST_TIMEOUT = 10_000;
const CONTROL_TIMEOUT = 900_000;

const { values: asked } = parseArgs({
  options: { only: { type: 'string', multiple: true }, list: { type: 'boolean' } },
});
const catalogue = await readCatalogue();
const chosen = asked.only ? catalogue.filter(({ rule }) => asked.only.includes(rule)) : catalogue;

if (asked.list) {
  for (const { rule, what, file } of chosen) console.log(`${rule.padEnd(9)} ${what} (${file})`);
  console.log(`${chosen.length} mutations of ${new Set(chosen.map(({ rule }) => rule)).size} rules`);
} else {
  process.exitCode = (await run(chosen)) ? 0 : 1;
}

async function run(entries) {
  const copies = [];
  process.once('SIGINT', () => stop(copies)).once('SIGTERM', () => stop(copies));
  try {
    for (let worker = 0; worker < WORKERS; worker++) copies.push(createWorkingCopy());
    const control = await runControl(copies[0], entries);
    const counts = { killed: 0, survived: 0, broken: 0 };
    const queue = entries.values();
    const work = async copy => {
      for (const entry of queue) {
        const started = performance.now();
        const verdict = await judge(copy, entry, control);
        counts[verdict.is]++;
        report(entry, verdict, (performance.now() - started) / 1000);
      }
    };
    await Promise.all(copies.map(work));
    console.log(`${counts.killed} passed, ${counts.survived + counts.broken} failed, 0 skipped`);
    return entries.length > 0 && counts.killed === entries.length;
  } finally {
    copies.forEach(removeWorkingCopy);
  }
}

/** What is red without any mutation can't be killed by one. */
async function runControl(copy, entries) {
  const sound = entries.filter(entry => problemsOf(entry, copy).length === 0);
  const files = [...new Set(sound.flatMap(entry => testFiles(entry, copy)))];
  const names = [...new Set(sound.map(namePattern))].map(name => `(?:${name})`);
  console.log(`Control: the cited tests of ${files.length} files, nothing taken out`);
  const started = performance.now();
  const options = [`--testNamePattern=${names.join('|')}`];
  const control = await runJest(copy, { files, options, workers: WORKERS, timeout: CONTROL_TIMEOUT });
  for (const { file, name } of control.failed.slice(0, 20)) console.log(`  red without a mutation: ${file} ${name}`);
  if (control.broken) console.log(`  ${control.broken}`);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`Control: ${control.passed.length} green, ${control.failed.length} red, ${seconds} s\n`);
  return control;
}

async function judge(copy, entry, control) {
  const problems = problemsOf(entry, copy);
  if (problems.length > 0) return { is: 'broken', why: problems.join('; ') };
  const files = testFiles(entry, copy);
  const pattern = new RegExp(namePattern(entry));
  const isMeant = ({ file, name }) => files.includes(file) && pattern.test(name);
  const red = control.failed.find(isMeant);
  if (red) return { is: 'broken', why: `red in the control run: ${red.name}` };
  if (!control.passed.some(isMeant)) return { is: 'broken', why: `no test there is named ${pattern}` };
  const options = [`--testNamePattern=${namePattern(entry)}`, `--testTimeout=${TEST_TIMEOUT}`];
  const { passed, failed, broken } = await mutated(copy, entry, () =>
    runJest(copy, { files, options, rule: entry.rule }),
  );
  if (broken) return { is: 'broken', why: broken };
  const citing = failed.find(({ name }) => cites(entry.rule, name));
  if (citing) return { is: 'killed', why: citing.name };
  if (failed.length > 0) return { is: 'survived', why: `none of those that died cites ${entry.rule}` };
  return { is: passed.length > 0 ? 'survived' : 'broken', why: `${passed.length} tests stayed green` };
}

function report({ rule, what, where }, { is, why }, seconds) {
  const place = is === 'killed' ? '' : ` [${where}]`;
  console.log(
    `${is.padEnd(8)} ${rule.padEnd(9)} ${seconds.toFixed(1).padStart(5)} s  ${what}${place}\n           ${why}`,
  );
}

function stop(copies) {
  killAll();
  copies.forEach(removeWorkingCopy);
  process.exit(1);
}
