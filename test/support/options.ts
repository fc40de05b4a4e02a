import { randomBytes } from 'node:crypto';
import { OptionsError, readOptions, type BffOptionsInput } from '../../src/bff/bff.options.js';

export const randomKey = () => randomBytes(32).toString('base64url');

/** What has to be given, and nothing else. */
export const minimum = {
  storageUrl: 'file:./data',
  keys: [randomKey()],
  publicUrl: 'https://app.example.org',
  issuer: 'https://as.example.org',
  clientId: 'spa',
  clientSecret: randomKey(),
} satisfies BffOptionsInput;

/** What readOptions finds wrong. */
export function problems(input: unknown): string[] {
  try {
    readOptions(input);
    return [];
  } catch (error) {
    if (error instanceof OptionsError) return error.problems;
    throw error;
  }
}

/** The minimum with one more option, by its path. */
export function withOption(path: string, value: unknown): Record<string, unknown> {
  const [group = path, option] = path.split('.');
  return { ...minimum, [group]: option === undefined ? value : { [option]: value } };
}
