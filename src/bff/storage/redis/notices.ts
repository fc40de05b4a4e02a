import type { NoticeListener, Subscription } from '../storage.js';
import type { Commands } from './commands.js';
import { type Channel, Ear } from './ear.js';
import type { Primary } from './primary.js';
import type { Topology } from './topology.js';
import { codeOf, said } from './unavailable.js';

const MOST_REDIRECTS = 5;

/** Sharded notices: a channel is where the records of its tag are. The other kind would go to every node of a cluster. */
export class Notices {
  readonly #topology: Topology;
  readonly #commands: Commands;
  readonly #ears = new Map<Primary, Ear>();
  readonly #channels = new Map<string, Channel>();

  constructor(topology: Topology, commands: Commands) {
    this.#topology = topology;
    this.#commands = commands;
    topology.onChange(() => this.#rearrange());
  }

  async publish(channel: string, notice: string): Promise<void> {
    await this.#commands.publish(channel, notice);
  }

  async subscribe(name: string, listener: NoticeListener): Promise<Subscription> {
    const channel = this.#channels.get(name) ?? { name, listeners: new Set() };
    this.#channels.set(name, channel);
    channel.listeners.add(listener);
    try {
      await this.#attach(channel);
    } catch (error) {
      this.#leave(channel, listener);
      throw error;
    }
    return { close: () => this.#leave(channel, listener) };
  }

  async #attach(channel: Channel): Promise<void> {
    for (let redirects = 0; ; redirects++) {
      const ear = this.#earFor(channel);
      if (channel.ear !== ear) channel.ear?.remove(channel);
      channel.ear = ear;
      try {
        return await ear.add(channel);
      } catch (error) {
        if (codeOf(error) !== 'MOVED' || redirects === MOST_REDIRECTS) throw error;
        await this.#topology.misled(said(error));
      }
    }
  }

  #leave(channel: Channel, listener: NoticeListener): void {
    if (!channel.listeners.delete(listener) || channel.listeners.size > 0) return;
    this.#channels.delete(channel.name);
    channel.ear?.remove(channel);
  }

  #earFor({ name }: Channel): Ear {
    const primary = this.#topology.primaryOf(name);
    const ear = this.#ears.get(primary) ?? new Ear(primary, (channel, refusal) => void this.#moved(channel, refusal));
    this.#ears.set(primary, ear);
    return ear;
  }

  async #moved(channel: Channel, refusal: string): Promise<void> {
    await this.#topology.misled(refusal);
    this.#move(channel);
  }

  #rearrange(): void {
    for (const channel of this.#channels.values()) this.#move(channel);
    const primaries = new Set(this.#topology.primaries());
    for (const primary of this.#ears.keys()) if (!primaries.has(primary)) this.#ears.delete(primary);
  }

  #move(channel: Channel): void {
    const ear = channel.listeners.size > 0 && this.#topology.has(channel.name) ? this.#earFor(channel) : channel.ear;
    if (!ear || channel.ear === ear) return;
    channel.ear?.remove(channel);
    channel.ear = ear;
    ear.adopt(channel);
  }
}
