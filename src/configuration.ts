import { OptionsError, readOptions, type BffOptions, type OptionProblem } from './bff/bff.options.js';
import { readConfigFile, under, type ConfigFile } from './configuration/config-file.js';
import { dangers, type Danger } from './configuration/dangers.js';
import { readEnvironment, type Given } from './configuration/environment.js';
import { optionMistakes } from './configuration/mistakes.js';
import { readServerOptions, type ServerOptions } from './configuration/server.options.js';
import { VARIABLES } from './configuration/variables.js';

export type { Danger } from './configuration/dangers.js';
export type { LogLevel, ServerOptions } from './configuration/server.options.js';

export interface Configuration {
  server: ServerOptions;
  bff: BffOptions;
  dangers: Danger[];
}

/** All mistakes of the environment and the config file, ready to print. No value of a secret stands in it. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  constructor(readonly problems: string[]) {
    super(
      `Parlour can't start; its configuration has mistakes:\n${problems.map(problem => `- ${problem}`).join('\n')}\n` +
        'docs/contract.md#variables says what each variable means.',
    );
  }
}

/**
 * The environment and the config file it names, checked whole. This is the one place that reads the process's own environment.
 * `defaults`, by the variables' names too, stand under both.
 */
export function readConfiguration(
  env: NodeJS.ProcessEnv = process.env,
  defaults: Record<string, string> = {},
): Configuration {
  const given = readEnvironment(env);
  const assumed = readEnvironment(defaults).filter(({ variable }) => !given.some(one => one.variable === variable));
  const file = configFile(given);
  const [server, serverProblems] = readServerOptions(serverValues([...assumed, ...given]));
  const underFile = { ...under({}, optionValues(assumed)), ...file.options };
  const [bff, optionProblems] = readBffOptions(under(underFile, optionValues(given)));
  const problems = [
    ...given.flatMap(({ label, problem }) => (problem === undefined ? [] : [`${label} ${problem}`])),
    ...(file.problem === undefined ? [] : [`CONFIG_FILE ${file.problem}`]),
    ...serverProblems.map(
      ({ option, text }) => `${VARIABLES.find(({ server: sets }) => sets === option)?.name} ${text}`,
    ),
    ...optionMistakes(optionProblems, given, file),
  ];
  if (problems.length > 0 || !bff) throw new ConfigurationError(problems);
  return { server, bff, dangers: dangers(server, bff, env) };
}

function configFile(given: Given[]): ConfigFile {
  const path = given.find(({ variable }) => variable.name === 'CONFIG_FILE')?.value;
  return typeof path === 'string' ? readConfigFile(path) : { options: {} };
}

function serverValues(given: Given[]): Record<string, unknown> {
  return Object.fromEntries(
    given.flatMap(({ variable: { server }, value }) => (server === undefined ? [] : [[server, value]])),
  );
}

function optionValues(given: Given[]): { path: string; value: unknown }[] {
  return given.flatMap(({ variable: { option }, value }) =>
    option === undefined || value === undefined ? [] : [{ path: option, value }],
  );
}

function readBffOptions(input: unknown): [BffOptions | undefined, OptionProblem[]] {
  try {
    return [readOptions(input), []];
  } catch (error) {
    if (error instanceof OptionsError) return [undefined, error.found];
    throw error;
  }
}
