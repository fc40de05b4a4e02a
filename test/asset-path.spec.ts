import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { hasExtension, isHashed } from '../src/spa/asset-path.js';

/** What is meant, in one expression each: it takes quadratic time, so that it stands here and not in the server. */
const HASHED = /^\/assets\/.*[-.](?=[\w-]*[\dA-Z])(?:[\w-]{8}|[\da-f]{16,64})\.\w+$/;
const EXTENSION = /\.[^/]*$/;

const piece = fc.oneof(
  fc.constantFrom('/', '.', '-', '_', '/assets/', 'index', 'date-picker', 'DiwrgTda', '.js', '.css', 'ä', ' ', '%20'),
  fc.stringMatching(/^[\da-f]{14,66}$/),
  fc.stringMatching(/^[\w-]{7,9}$/),
);
const path = fc
  .tuple(fc.constantFrom('/', '/assets/', '/assets'), fc.array(piece, { maxLength: 7 }))
  .map(([start, pieces]) => start + pieces.join(''));
const hash = fc.oneof(fc.stringMatching(/^[\da-f]{15,65}$/), fc.stringMatching(/^[\w-]{7,9}$/));
const bundled = fc
  .tuple(fc.constantFrom('', 'deep/', 'a.b-'), fc.constantFrom('main', ''), fc.constantFrom('-', '.', '_'), hash)
  .map(([folder, name, separator, text]) => `/assets/${folder}${name}${separator}${text}.js`);

describe('the path of a file', () => {
  it('S1: is that of a hashed name exactly where the one expression says so', () => {
    const seen = new Set<boolean>();
    const same = (text: string) => {
      seen.add(HASHED.test(text));
      expect([text, isHashed(text)]).toEqual([text, HASHED.test(text)]);
    };
    fc.assert(fc.property(fc.oneof(path, bundled), same), { numRuns: 3000 });
    expect(seen.size).toBe(2);
  });

  it('S1: has an extension exactly where the one expression says so', () => {
    const same = (text: string) => expect([text, hasExtension(text)]).toEqual([text, EXTENSION.test(text)]);
    fc.assert(fc.property(path, same), { numRuns: 1000 });
  });

  it.each(['-'.repeat(15_000), '.'.repeat(15_000), '-a'.repeat(7_500), `${'a-'.repeat(7_500)}.js`])(
    'S1: may be as long as a request line: %#',
    text => {
      expect(isHashed(`/assets/${text}`)).toBe(false);
      expect(hasExtension(`/assets/${text}`)).toBe(text.includes('.'));
    },
  );
});
