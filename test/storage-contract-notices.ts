import { expect, it } from '@jest/globals';
import type { NoticeListener } from '../src/bff/storage/storage.js';
import { type Context, countTo } from './storage-contract-context.js';
import { until } from './support/parlour.js';

/** Keeps what it hears. */
export function ear(): NoticeListener & { heard: string[]; missedSome: number } {
  const heard: string[] = [];
  return {
    heard,
    missedSome: 0,
    received: notice => void heard.push(notice),
    missed() {
      this.missedSome += 1;
    },
  };
}

export function describeNotices({ storage }: Context): void {
  const CHANNEL = '{default:1}:notices';

  it('L10: a notice reaches everybody who listens on its channel, in the order in which it was said, and nobody else', async () => {
    const [first, second, elsewhere] = [ear(), ear(), ear()];
    for (const listener of [first, second]) await storage().subscribe(CHANNEL, listener);
    await storage().subscribe('{default:2}:notices', elsewhere);
    const said = ['one', 'two', 'ü€😀', '', '{"a":1}'];
    for (const notice of said) await storage().publish(CHANNEL, notice);
    await storage().publish('{default:2}:notices', 'last');
    await until('the last notice is heard', () => elsewhere.heard.length > 0);
    await until('the others are heard', () => first.heard.length === 5 && second.heard.length === 5);
    expect([first.heard, second.heard, elsewhere.heard]).toEqual([said, said, ['last']]);
  });

  it('L10: who comes later, or has left, hears nothing of it', async () => {
    await storage().publish(CHANNEL, 'before');
    const [stays, leaves] = [ear(), ear()];
    const left = await storage().subscribe(CHANNEL, leaves);
    await storage().subscribe(CHANNEL, stays);
    left.close();
    left.close();
    await storage().publish(CHANNEL, 'after');
    await until('the notice is heard', () => stays.heard.length > 0);
    expect([stays.heard, leaves.heard]).toEqual([['after'], []]);
  });

  it('L10: of five hundred notices that are said at once none is lost or heard twice', async () => {
    const listener = ear();
    await storage().subscribe(CHANNEL, listener);
    const said = countTo(500).map(n => `notice ${n}`);
    await Promise.all(said.map(notice => storage().publish(CHANNEL, notice)));
    await until('all are heard', () => listener.heard.length >= 500);
    expect(listener.heard.toSorted()).toEqual(said.toSorted());
    expect(listener.missedSome).toBe(0);
  });
}
