import type { Request } from 'express';
import { createHash, timingSafeEqual } from 'node:crypto';

/** Another origin's page sent it. A browser too old to say so isn't believed to be one: the token is there as well. */
export function isForeign({ headers }: Request, issuer: string): boolean {
  const { origin = issuer, 'sec-fetch-site': site = 'same-origin' } = headers;
  return origin !== issuer || site !== 'same-origin';
}

/** In constant time, whatever was sent. */
export function isToken(given: string | null, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return given !== null && timingSafeEqual(digest(given), digest(expected));
}
