import { randomBytes } from 'node:crypto';

/** That many characters, which nothing compresses any better than the tokens of real servers. */
export function random(characters: number): string {
  return randomBytes(characters).toString('base64url').slice(0, characters);
}
