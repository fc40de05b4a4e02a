/** All mistakes of the environment and of what it names, ready to print. No value of a secret stands in it. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  constructor(
    readonly problems: string[],
    explainedAt = 'docs/contract.md#variables',
  ) {
    super(
      `Parlour can't start; its configuration has mistakes:\n${problems.map(problem => `- ${problem}`).join('\n')}\n` +
        `${explainedAt} says what each variable means.`,
    );
  }
}

/** Something allowed that should be seen: logged at start as `configuration_danger`. */
export interface Danger {
  setting: string;
  reason: string;
}
