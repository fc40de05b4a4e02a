import type { Server } from '../../storage-url.js';
import { StorageUnavailable } from '../storage.js';
import { type Access, Connection } from './connection.js';
import { Primary, type Surroundings } from './primary.js';
import { slotOf } from './slot.js';
import { type SlotRange, slotRangesIn } from './slot-map.js';
import type { Topology } from './topology.js';
import { nameOf, serverIn } from './unavailable.js';

/** Milliseconds between two looks at the map of slots: as a rule, and while a server can't be reached. */
const LOOK_EVERY = 10_000;
const LOOK_FOR_LOST_EVERY = 1000;
/** Milliseconds that a server is kept for without a slot: it may be getting one (ASK). */
const GUEST = 60_000;

/** The primaries of a cluster. Any node is asked which of them has which slot, and those that say MOVED correct it. */
export class Cluster implements Topology {
  readonly #surroundings: Surroundings;
  readonly #primaries = new Map<string, Primary>();
  readonly #guests = new Map<Primary, number>();
  readonly #listeners: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #seeds: Server[];
  /** Where to ask when no primary can be: the seeds, and whom the newest map names. Where others were may be anybody by now. */
  #nodes = new Map<string, Server>();
  #slots: (Primary | undefined)[] = [];
  /** By servers that said MOVED, since the map was last read. */
  #corrected = false;
  #lookedAt = performance.now();
  #looking: Promise<void> | undefined;

  constructor(seeds: Server[], ranges: SlotRange[], surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.#seeds = seeds;
    this.#apply(ranges);
    this.#timer = setInterval(() => this.#lookInTime(), LOOK_FOR_LOST_EVERY).unref();
  }

  primaryOf(key: string): Primary {
    const primary = this.#slots[slotOf(key)];
    if (!primary) throw new StorageUnavailable('Redis failed: the cluster has a slot that no node serves');
    return primary;
  }

  has(key: string): boolean {
    return this.#slots[slotOf(key)] !== undefined;
  }

  primaries(): Primary[] {
    return [...this.#primaries.values()];
  }

  primaryAt(server: Server): Primary {
    const primary = this.#at(server);
    this.#guests.set(primary, performance.now());
    return primary;
  }

  async misled(refusal: string): Promise<void> {
    const [code, slot] = refusal.split(' ');
    const server = serverIn(refusal);
    const looked = this.#look();
    if (code !== 'MOVED' || server.host === '') return looked;
    // what a server says itself is newer than the map
    this.#slots[Number(slot)] = this.primaryAt(server);
    this.#corrected = true;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const primary of this.#primaries.values()) primary.close();
  }

  #at(server: Server): Primary {
    const name = nameOf(server);
    const primary = this.#primaries.get(name) ?? new Primary(async () => server, this.#surroundings);
    this.#primaries.set(name, primary);
    return primary;
  }

  #lookInTime(): void {
    const isLost = this.primaries().some(({ reads }) => reads.connection === undefined);
    if (isLost || performance.now() - this.#lookedAt > LOOK_EVERY) void this.#look();
  }

  /** Never rejects: what's known stays until better is. */
  #look(): Promise<void> {
    this.#looking ??= this.#askForMap().finally(() => {
      this.#lookedAt = performance.now();
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #askForMap(): Promise<void> {
    for (const ask of this.#whomToAsk()) {
      const ranges = await ask().catch(() => []);
      if (ranges.length === 0) continue;
      this.#apply(ranges);
      return;
    }
  }

  /** Primaries with a connection first, in an order at random. */
  *#whomToAsk(): Generator<() => Promise<SlotRange[]>> {
    const open = this.primaries().flatMap(({ reads }) => reads.connection ?? []);
    for (const connection of shuffled(open)) yield () => mapAt(connection);
    for (const node of shuffled([...this.#nodes.values()])) yield () => askForMap(node, this.#surroundings.access());
  }

  #apply(ranges: SlotRange[]): void {
    const slots: (Primary | undefined)[] = [];
    const named = ranges.flatMap(({ primary, replicas }) => [primary, ...replicas]);
    this.#nodes = new Map([...this.#seeds, ...named].map(node => [nameOf(node), node]));
    for (const { first, last, primary } of ranges) {
      const at = this.#at(primary);
      for (let slot = first; slot <= last; slot++) slots[slot] = at;
    }
    const isMoved = this.#corrected || slots.some((primary, slot) => primary !== this.#slots[slot]);
    this.#corrected = false;
    this.#slots = slots;
    const others = this.#takeOthers(new Set(slots));
    if (isMoved) for (const listener of this.#listeners) listener();
    for (const other of others) other.close();
  }

  /** Those that have no slot. */
  #takeOthers(needed: Set<Primary | undefined>): Primary[] {
    const isGuest = (primary: Primary) => performance.now() - (this.#guests.get(primary) ?? -Infinity) < GUEST;
    const others = [...this.#primaries].filter(([, primary]) => !needed.has(primary) && !isGuest(primary));
    for (const [name, primary] of others) {
      this.#primaries.delete(name);
      this.#guests.delete(primary);
    }
    return others.map(([, primary]) => primary);
  }
}

export async function askForMap(server: Server, access: Access): Promise<SlotRange[]> {
  const connection = await Connection.open(server, access, 'topology');
  try {
    return await mapAt(connection);
  } finally {
    connection.close();
  }
}

async function mapAt(connection: Connection): Promise<SlotRange[]> {
  return slotRangesIn(await connection.send(['CLUSTER', 'SLOTS']), connection.server);
}

function shuffled<T>(list: T[]): T[] {
  return list
    .map(item => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
