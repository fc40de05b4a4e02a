import { expect, it } from '@jest/globals';
import { TaggedMap } from '../src/bff/storage/redis/tagged-map.js';
import { countTo } from './storage-contract-context.js';

it('R13: all that shares a tag is found, until it’s deleted, and nothing else', () => {
  const map = new TaggedMap<number>();
  for (const key of ['{a}:session', '{a}:tokens', '{ab}:session', '{a}:session']) map.set(key, 1);
  expect(map.beside('{a}:notices')).toEqual(['{a}:session', '{a}:tokens']);
  map.delete('{a}:session');
  map.delete('{a}:session');
  expect(map.beside('{a}:notices')).toEqual(['{a}:tokens']);
  map.delete('{a}:tokens');
  expect(map.beside('{a}:notices')).toEqual([]);
  expect(map.beside('{ab}:notices')).toEqual(['{ab}:session']);
});

it('R13: without a look at all others: thousands of streams ask at once when the connection of their notices is back', () => {
  const map = new TaggedMap<number>();
  for (const n of countTo(100_000)) map.set(`{${n}}:session`, n);
  const began = performance.now();
  for (const n of countTo(1000)) expect(map.beside(`{${n}}:notices`)).toHaveLength(1);
  // a look at all others would take a hundred million steps
  expect(performance.now() - began).toBeLessThan(1000);
});
