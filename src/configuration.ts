import { OptionsError, readOptions, type BffOptions, type OptionProblem } from './bff/bff.options.js';
import { readConfigFile, type ConfigFile } from './configuration/config-file.js';
import { dangers } from './configuration/dangers.js';
import { optionMistakes } from './configuration/mistakes.js';
import { readServerOptions, type ServerOptions } from './configuration/server.options.js';
import { VARIABLES, type Variable } from './configuration/variables.js';
import { ConfigurationError, type Danger } from './environment/configuration-error.js';
import { serverValues, withValues } from './environment/option-variables.js';
import { readEnvironment, type Given } from './environment/variables.js';

export { ConfigurationError, type Danger } from './environment/configuration-error.js';
export type { ServerOptions } from './configuration/server.options.js';

export interface Configuration {
  server: ServerOptions;
  bff: BffOptions;
  dangers: Danger[];
}

/** The environment and the config file it names, checked whole. `defaults`, by the variables' names too, stand under both. */
export function readConfiguration(
  env: NodeJS.ProcessEnv = process.env,
  defaults: Record<string, string> = {},
): Configuration {
  const { given, assumed } = readEnvironment(VARIABLES, env, defaults);
  const file = configFile(given);
  const [server, serverProblems] = readServerOptions(serverValues([...assumed, ...given]));
  const underFile = { ...withValues({}, assumed), ...file.options };
  const [bff, optionProblems] = readBffOptions(withValues(underFile, given));
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

function configFile(given: Given<Variable>[]): ConfigFile {
  const path = given.find(({ variable }) => variable.name === 'CONFIG_FILE')?.value;
  return typeof path === 'string' ? readConfigFile(path) : { options: {} };
}

function readBffOptions(input: unknown): [BffOptions | undefined, OptionProblem[]] {
  try {
    return [readOptions(input), []];
  } catch (error) {
    if (error instanceof OptionsError) return [undefined, error.found];
    throw error;
  }
}
