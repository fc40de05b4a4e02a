import { LONGEST_KEY, LONGEST_MEMBER, refuseLong } from '../lengths.js';
import type { Environment } from './environment.js';
import { ExpiringTable } from './expiring-table.js';
import { isLiving, NOTHING } from './stored-value.js';

/** A set is an expiring entry of its own and a row per member, so that adding to a large one costs no more than to a small one. */
export class IndexSets {
  readonly #environment: Environment;
  readonly #table: ExpiringTable;

  constructor(environment: Environment) {
    this.#environment = environment;
    this.#table = new ExpiringTable(environment, 'sets');
  }

  async add(key: string, member: string, lifetime: number): Promise<void> {
    refuseLong(member, LONGEST_MEMBER);
    const expiresAt = Date.now() + lifetime;
    while (!(await this.#tryToAdd(key, member, expiresAt)));
  }

  async remove(key: string, member: string): Promise<void> {
    refuseLong(key, LONGEST_KEY);
    refuseLong(member, LONGEST_MEMBER);
    await this.#environment.members.remove([key, member]);
  }

  members(key: string): string[] {
    if (!isLiving(this.#table.read(key))) return [];
    return this.#rows(key).flatMap(({ row: [, member], isOver }) => (isOver ? [] : [member]));
  }

  /** In slices: a large set in one transaction would hold up everybody's writes. It stays expired until its last slice goes with it. */
  async removeExpired(key: string): Promise<void> {
    for (let all = false; !all;) {
      const found = this.#table.read(key);
      if (!found || isLiving(found)) return;
      const rows = this.#rows(key, '', SOME);
      const isLast = rows.length < SOME;
      const removed = await this.#table.ifUnchanged(key, found, () => {
        for (const { row } of rows) void this.#environment.members.remove(row);
        if (isLast) this.#table.remove(key, found);
      });
      all = removed && isLast;
    }
  }

  /** `false`: the set has changed meanwhile. An expired set loses its old members before it gets the new one. */
  async #tryToAdd(key: string, member: string, expiresAt: number): Promise<boolean> {
    const found = this.#table.read(key);
    if (found && !isLiving(found)) {
      await this.removeExpired(key);
      return false;
    }
    return this.#table.ifUnchanged(key, found, () => {
      if (found) this.#removeSomeOver(key, member);
      void this.#environment.members.put([key, member], encodeTime(expiresAt));
      if (!found || found.expiresAt < expiresAt) this.#table.write(key, NOTHING, expiresAt, found);
    });
  }

  /** Members are as good as random, so this looks elsewhere each time, and a set that is added to doesn't grow for ever. */
  #removeSomeOver(key: string, member: string): void {
    for (const { row, isOver } of this.#rows(key, member, SOME)) if (isOver) void this.#environment.members.remove(row);
  }

  #rows(key: string, from = '', limit?: number): { row: [string, string]; isOver: boolean }[] {
    const range = { start: [key, from], end: [key, LAST], ...(limit !== undefined && { limit }) } satisfies RowRange;
    return [...this.#environment.members.getRange(range)].map(({ key: [set, member], value }) => ({
      row: [set, String(member)],
      isOver: value.length > 0 && decodeTime(value) <= Date.now(),
    }));
  }
}

interface RowRange {
  start: [string, string];
  end: [string, Uint8Array];
  limit?: number;
}

const SOME = 50;

/** Bytes sort after all strings. */
const LAST = Buffer.from([0xff]);

function encodeTime(time: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleBE(time);
  return bytes;
}

/** A row of the release before has no time: it goes with its set. */
function decodeTime(bytes: Buffer): number {
  return bytes.readDoubleBE();
}
