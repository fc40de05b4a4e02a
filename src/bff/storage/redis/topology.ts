import type { Server } from '../../storage-url.js';
import type { Primary } from './primary.js';
import type { Sentinels } from './sentinels.js';

/** Which servers there are, and which of them has a key. */
export interface Topology {
  /** Throws {@link StorageUnavailable} when nobody {@link has} it. */
  primaryOf(key: string): Primary;
  has(key: string): boolean;
  primaries(): Primary[];
  /** At that server, known or not. */
  primaryAt(server: Server): Primary;
  /** A server has said that it isn't, or isn't any more, the one to ask: resolves when the right one is known, or can't be. */
  misled(refusal: string): Promise<void>;
  /** `listener` is called whenever keys are at another server than before. */
  onChange(listener: () => void): void;
  close(): void;
}

export function single(primary: Primary): Topology {
  return {
    primaryOf: () => primary,
    has: () => true,
    primaries: () => [primary],
    primaryAt: () => primary,
    misled: async () => primary.demoted(),
    onChange: () => undefined,
    close: () => primary.close(),
  };
}

/** Milliseconds between two looks at where the primary is: one that was cut off doesn't know that another has taken over. */
const LOOK_EVERY = 1000;

export function watched(primary: Primary, sentinels: Sentinels): Topology {
  const look = () =>
    sentinels.primary().then(
      server => primary.moveTo(server),
      () => undefined,
    );
  const timer = setInterval(() => void look(), LOOK_EVERY).unref();
  return {
    ...single(primary),
    close: () => {
      clearInterval(timer);
      sentinels.close();
      primary.close();
    },
  };
}
