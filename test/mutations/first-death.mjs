// A reporter of Jest's: one death is enough, so the run ends with the first test that dies and cites the rule.
import { writeFileSync } from 'node:fs';
import { cites } from './catalogue.mjs';

const { MUTATION_RULE: rule = '', MUTATION_OUTPUT: output = '' } = process.env;

export default class FirstDeath {
  onTestCaseResult({ path }, { status, fullName }) {
    if (status !== 'failed' || !cites(rule, fullName)) return;
    const assertionResults = [{ status, fullName }];
    writeFileSync(output, JSON.stringify({ testResults: [{ name: path, status, message: '', assertionResults }] }));
    process.exit(1);
  }
}
