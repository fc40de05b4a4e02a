import type { Server } from '../../storage-url.js';

/** Slots `first` to `last` are at `primary`. */
export interface SlotRange {
  first: number;
  last: number;
  primary: Server;
  replicas: Server[];
}

/** CLUSTER SLOTS: `[[first, last, [host, port, id, …], [host, port, id, …]…], …]`; the primary is the first of them. */
export function slotRangesIn(reply: unknown, asked: Server): SlotRange[] {
  return listIn(reply).flatMap(range => {
    const [first, last, ...nodes] = listIn(range);
    const [primary, ...replicas] = nodes.flatMap(node => serverIn(listIn(node), asked));
    return primary ? [{ first: Number(first), last: Number(last), primary, replicas }] : [];
  });
}

/** A node that doesn't know its own address names none: it is where it was asked. */
function serverIn([host, port]: unknown[], asked: Server): Server[] {
  if (host === '?' || !(Number(port) > 0)) return [];
  return [{ host: typeof host === 'string' && host !== '' ? host : asked.host, port: Number(port) }];
}

function listIn(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
