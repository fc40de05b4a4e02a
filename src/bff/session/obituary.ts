import type { EndReason } from '../events.js';
import type { Frontend } from '../frontend.js';
import type { TokenOwner } from '../tokens/token-store.js';
import { sessionKey } from './session-record.js';

/** Milliseconds in which whoever comes back with the cookie of a session that has ended is told why. */
const KEPT = 600_000;

type Whose = Pick<TokenOwner, 'frontend' | 'key'>;

const recordKey = (key: string) => `${key}:ended`;

/** Why it ended, and nothing else: no session, and nothing that one could be made of (R10). */
export function writeObituary({ frontend, key }: Whose, reason: EndReason): Promise<void> {
  return frontend.records.put(recordKey(key), reason, KEPT);
}

export async function readObituary({ frontend, key }: Whose): Promise<EndReason | undefined> {
  return (await frontend.records.get<EndReason>(recordKey(key)))?.value;
}

/** By the id of a cookie. */
export async function findObituary(frontend: Frontend, sessionId: string): Promise<EndReason | undefined> {
  for (const mac of frontend.keys.macs('storage key', sessionId)) {
    const reason = await readObituary({ frontend, key: sessionKey(frontend, mac) });
    if (reason !== undefined) return reason;
  }
  return undefined;
}
