import type { NoticeListener } from '../storage.js';
import type { Connection } from './connection.js';
import type { Link } from './link.js';
import type { Primary } from './primary.js';
import { codeOf, said } from './unavailable.js';

/** A channel that somebody listens on. */
export interface Channel {
  readonly name: string;
  readonly listeners: Set<NoticeListener>;
  ear?: Ear | undefined;
}

interface Heard {
  /** Where it's subscribed, or is going to be, and when that is done. */
  on?: Connection;
  done?: Promise<void>;
  /** From then on something may be missed. */
  since?: true;
  received: (notice: string) => void;
}

/** The one connection on which the notices of a primary's channels are heard. */
export class Ear {
  readonly #link: Link;
  readonly #channels = new Map<Channel, Heard>();
  readonly #moved: (channel: Channel, refusal: string) => void;

  /** `moved`: the server says that the channel is another one's. */
  constructor(primary: Primary, moved: (channel: Channel, refusal: string) => void) {
    this.#moved = moved;
    this.#link = primary.link(async () => {
      const connection = await primary.connect('notices');
      // then each channel's subscription is refused, and by that the one that has moved is found
      connection.onChannelMoved(() => connection.close('it gave a channel away'));
      return connection.after(this.#catchUp(connection, [...this.#channels.keys()]));
    });
  }

  /** Resolves when no later notice will be missed unsaid; rejects when the server can't be reached, or refuses. */
  async add(channel: Channel): Promise<void> {
    const heard = this.#channels.get(channel) ?? heardBy(channel);
    this.#channels.set(channel, heard);
    await this.#subscribe(await this.#link.ready(), channel, heard);
  }

  /** Takes it over from another, as soon as there's a connection. */
  adopt(channel: Channel): void {
    this.#channels.set(channel, { ...heardBy(channel), since: true });
    const { connection } = this.#link;
    if (connection) this.#catchUp(connection, [channel]).catch(() => connection.close());
  }

  remove(channel: Channel): void {
    const heard = this.#channels.get(channel);
    this.#channels.delete(channel);
    heard?.on?.unsubscribe(channel.name, heard.received).catch(() => undefined);
  }

  /** Between the last subscription and this one nothing was heard, so whoever listens has to look for himself. */
  async #catchUp(connection: Connection, channels: Channel[]): Promise<void> {
    await Promise.all(
      channels.map(async channel => {
        const heard = this.#channels.get(channel) ?? heardBy(channel);
        const { since } = heard;
        try {
          await this.#subscribe(connection, channel, heard);
          if (since) for (const listener of channel.listeners) listener.missed();
        } catch (error) {
          if (codeOf(error) !== 'MOVED') throw error;
          this.#moved(channel, said(error));
        }
      }),
    );
  }

  /** Once on each connection, whoever comes first. */
  #subscribe(connection: Connection, channel: Channel, heard: Heard): Promise<void> {
    if (heard.on === connection && heard.done) return heard.done;
    heard.on = connection;
    heard.done = connection.subscribe(channel.name, heard.received).then(() => {
      heard.since = true;
    });
    return heard.done;
  }
}

function heardBy({ listeners }: Channel): Heard {
  return {
    received: notice => {
      for (const listener of listeners) listener.received(notice);
    },
  };
}
