import type { Server } from '../../storage-url.js';
import type { Primary } from './primary.js';

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

/** One server. */
export function single(primary: Primary): Topology {
  return {
    primaryOf: () => primary,
    has: () => true,
    primaries: () => [primary],
    primaryAt: () => primary,
    misled: async () => undefined,
    onChange: () => undefined,
    close: () => primary.close(),
  };
}
