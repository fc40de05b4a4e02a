import { describe, expect, it } from '@jest/globals';
import { KeyRing } from '../src/bff/seal.js';
import { randomKey } from './support/options.js';

const plaintext = Buffer.from('something that nobody should read');
const [first, second] = [randomKey(), randomKey()];
const ring = (...keys: string[]) => new KeyRing(keys, 'shop');
const seal = (by = ring(first)) => by.seal('record', plaintext, 'here');

describe('what is sealed', () => {
  it('B9: opens for its purpose and place, and can’t be read', () => {
    expect(ring(first).open('record', seal(), 'here')).toEqual(plaintext);
    expect(seal().includes(plaintext)).toBe(false);
  });

  it('R9: opens at no other place, and for no other purpose', () => {
    expect(ring(first).open('record', seal(), 'there')).toBeUndefined();
    for (const purpose of ['transaction', 'state', 'logout'] as const) {
      expect(ring(first).open(purpose, seal(), 'here')).toBeUndefined();
    }
  });

  it('B28: opens at no other frontend, though the keys are the same', () => {
    expect(new KeyRing([first], 'bank').open('record', seal(), 'here')).toBeUndefined();
  });

  it('B9: opens no more when any one bit of it has changed', () => {
    const sealed = seal();
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const altered = Buffer.from(sealed);
      altered.writeUInt8(altered.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(ring(first).open('record', altered, 'here')).toBeUndefined();
    }
  });

  it('B9: opens no more when it’s cut short or made longer', () => {
    const sealed = seal();
    for (let length = 0; length < sealed.length; length++) {
      expect(ring(first).open('record', sealed.subarray(0, length), 'here')).toBeUndefined();
    }
    expect(ring(first).open('record', Buffer.concat([sealed, Buffer.of(0)]), 'here')).toBeUndefined();
  });

  it('is different every time, though it says the same', () => {
    const all = Array.from({ length: 100 }, () => seal().toString('hex'));
    expect(new Set(all).size).toBe(100);
  });
});

describe('a key ring', () => {
  it('R8: seals with its first key and opens with all of them', () => {
    const old = seal(ring(first));
    expect(ring(second, first).open('record', old, 'here')).toEqual(plaintext);
    const fresh = seal(ring(second, first));
    expect(ring(second).open('record', fresh, 'here')).toEqual(plaintext);
    expect(ring(first).open('record', fresh, 'here')).toBeUndefined();
  });

  it('R8: reports a key that it doesn’t know, and says what for; a wrong place it doesn’t', () => {
    const unknown: string[] = [];
    const asking = new KeyRing([second], 'shop', purpose => unknown.push(purpose));
    expect(asking.open('record', seal(), 'here')).toBeUndefined();
    expect(unknown).toEqual(['record']);
    asking.open('record', asking.seal('record', plaintext, 'here'), 'there');
    expect(unknown).toEqual(['record']);
  });

  it('R8: names things by its first key, and finds them by all', () => {
    const name = ring(first).mac('storage key', 'id');
    expect(ring(second, first).macs('storage key', 'id')).toContain(name);
    expect(ring(second, first).mac('storage key', 'id')).not.toBe(name);
  });

  it('R11: names a thing differently for each purpose and frontend, and never by itself', () => {
    const id = 'the id of a session';
    const names = [
      ring(first).mac('storage key', id),
      ring(first).mac('handle', id),
      ring(first).mac('session signature', id),
      new KeyRing([first], 'bank').mac('storage key', id),
    ];
    expect(new Set(names).size).toBe(4);
    expect(names.join()).not.toContain(Buffer.from(id).toString('base64url'));
  });

  it('without a key is a mistake', () => {
    expect(() => ring().seal('record', plaintext, 'here')).toThrow('needs a key');
  });
});

describe('names that are made with a key', () => {
  it('S1: are kept for who asks again, but not of a text that is longer than any of ours', () => {
    const keys = ring(first);
    const name = (text: string) => keys.macs('storage key', text);
    expect(name('short')).toBe(name('short'));
    const long = 'x'.repeat(1000);
    expect(name(long)).toEqual(name(long));
    expect(name(long)).not.toBe(name(long));
  });
});
