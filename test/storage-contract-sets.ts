import { expect, it } from '@jest/globals';
import { type Context, countTo, MINUTE } from './storage-contract-context.js';

export function describeSets({ storage, clock }: Context): void {
  const { minute, moment } = clock;
  const SET = '{default:sub:1}:sessions';
  const members = async (key = SET): Promise<string[]> => (await storage().membersOfSet(key)).toSorted();

  it('L8: a set has each member once, whatever characters it is made of, and none of another set', async () => {
    const all = ['a', 'A', '{a}:b', 'ü€😀', 'with space', 'x'.repeat(500), '0', 'line\nbreak', `"'\\`].toSorted();
    for (const member of [...all, ...all]) await storage().addToSet(SET, member, MINUTE);
    await storage().addToSet(`${SET}2`, 'of another set', MINUTE);
    await storage().addToSet('{default:sub:1}:session', 'of another set', MINUTE);
    expect(await members()).toEqual(all);
  });

  it('L8: members go one by one; removing what is not there is no error', async () => {
    for (const member of ['a', 'b', 'c']) await storage().addToSet(SET, member, MINUTE);
    await storage().removeFromSet(SET, 'b');
    await storage().removeFromSet(SET, 'b');
    await storage().removeFromSet('{unknown}:sessions', 'b');
    expect(await members()).toEqual(['a', 'c']);
    await storage().removeFromSet(SET, 'a');
    await storage().removeFromSet(SET, 'c');
    expect(await members()).toEqual([]);
    expect(await members('{unknown}:sessions')).toEqual([]);
  });

  it('L8: a hundred members added in parallel are all there', async () => {
    const all = countTo(100).map(n => `member ${n}`);
    await Promise.all(all.map((member, n) => storage().addToSet(SET, member, MINUTE + (n % 7))));
    expect(await members()).toEqual(all.toSorted());
  });

  it('L8: a set is there for as long as one of its members, whichever was added last', async () => {
    clock.start();
    await storage().addToSet(SET, 'long', 3 * minute);
    await storage().addToSet(SET, 'short', minute);
    await clock.advance(minute);
    expect(await members()).toEqual(['long']);
  });

  it('L8: a member is there for its own lifetime, counted from when it was last added', async () => {
    clock.start();
    await storage().addToSet(SET, 'a', 3 * minute);
    await storage().addToSet(SET, 'b', minute);
    await storage().addToSet(SET, 'again', minute);
    await clock.advance(minute - moment);
    await storage().addToSet(SET, 'again', 2 * minute);
    expect(await members()).toEqual(['a', 'again', 'b']);
    await clock.advance(moment);
    expect(await members()).toEqual(['a', 'again']);
    await clock.advance(minute);
    await storage().addToSet(SET, 'c', 2 * minute);
    await clock.advance(minute);
    expect(await members()).toEqual(['c']);
    await clock.advance(minute);
    expect(await members()).toEqual([]);
    await storage().addToSet(SET, 'd', minute);
    expect(await members()).toEqual(['d']);
  });
}
