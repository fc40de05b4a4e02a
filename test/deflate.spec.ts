import { describe, expect, it } from '@jest/globals';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { deflated, inflated } from '../src/bff/deflate.js';

const texts = ['', '1', 'ü', 'x'.repeat(255), 'ü'.repeat(128), 'x'.repeat(257), 'some text '.repeat(2000)];

describe('what is compressed', () => {
  it.each(texts)('R8: can be read by a release that knows zlib alone: %#', text => {
    expect(inflateRawSync(deflated(text)).toString()).toBe(text);
    expect(inflated(deflated(text))).toBe(text);
  });

  it.each(texts)('R8: is read as zlib wrote it: %#', text => {
    for (const level of [0, 1, 6, 9]) expect(inflated(deflateRawSync(text, { level }))).toBe(text);
  });
});
