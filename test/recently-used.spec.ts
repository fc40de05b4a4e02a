import { describe, expect, it } from '@jest/globals';
import { remembered } from '../src/bff/api-proxy/remembered.js';
import { RecentlyUsed } from '../src/bff/recently-used.js';

describe('what was used recently', () => {
  it('S1: never holds more than it may, however many names somebody makes up', () => {
    const used = new RecentlyUsed<number>(10);
    const names = Array.from({ length: 1000 }, (_, number) => String(number));
    for (const [number, name] of names.entries()) used.keep(name, number);
    expect(names.filter(name => used.get(name) !== undefined).length).toBeLessThanOrEqual(10);
  });

  it('stays while it’s used, and gives what was kept last', () => {
    const used = new RecentlyUsed<number>(10);
    used.keep('a', 0);
    for (let number = 1; number <= 1000; number++) {
      used.keep(String(number), number);
      expect(used.get('a')).toBe(0);
    }
    used.keep('a', 1);
    expect(used.get('a')).toBe(1);
  });

  it('is gone when it’s forgotten, whether it was used lately or a while ago', () => {
    const used = new RecentlyUsed<number>(4);
    used.keep('a', 0);
    used.keep('b', 0);
    used.forget('a');
    used.forget('b');
    expect([used.get('a'), used.get('b')]).toEqual([undefined, undefined]);
  });
});

describe('what is remembered of a name', () => {
  it('S1: is asked once while it’s used, however many are made up meanwhile, and of long ones nothing is kept', () => {
    let asked = 0;
    const isShort = remembered(name => ++asked > 0 && name.length < 3);
    for (let number = 0; number < 3000; number++) {
      expect(isShort('id')).toBe(true);
      expect(isShort(`made up ${number}`)).toBe(false);
    }
    expect(asked).toBe(1 + 3000);
    for (let round = 0; round < 2; round++) expect(isShort('x'.repeat(257))).toBe(false);
    expect(asked).toBe(1 + 3000 + 2);
  });
});
