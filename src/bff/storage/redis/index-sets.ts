import type { Commands } from './commands.js';
import { milliseconds } from './records.js';
import { ADD_TO_SET } from './scripts.js';

/** A sorted set, in which each member's score is when it ends, in milliseconds since 1970 by the server's clock. */
export class IndexSets {
  readonly #commands: Commands;

  constructor(commands: Commands) {
    this.#commands = commands;
  }

  async add(key: string, member: string, lifetime: number): Promise<void> {
    await this.#commands.run(ADD_TO_SET, key, [member, milliseconds(lifetime)]);
  }

  async remove(key: string, member: string): Promise<void> {
    await this.#commands.write(key, ['ZREM', key, member]);
  }

  async members(key: string): Promise<string[]> {
    const { replies } = await this.#commands.read(key, ['TIME'], ['ZRANGE', key, '0', '-1', 'WITHSCORES']);
    const now = timeIn(replies[0]);
    return pairsIn(replies[1]).flatMap(([member, end]) => (Number(end) > now ? [String(member)] : []));
  }
}

/** `[seconds, microseconds]` */
function timeIn(reply: unknown): number {
  const [seconds, microseconds] = (Array.isArray(reply) ? reply : []).map(Number);
  return Number(seconds) * 1000 + Number(microseconds) / 1000;
}

function pairsIn(reply: unknown): unknown[][] {
  return Array.isArray(reply) ? reply.filter(Array.isArray) : [];
}
