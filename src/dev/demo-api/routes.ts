import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { answer, problem } from './answer.js';
import { type AccessToken, requireFreshLogin } from './guard.js';
import { ordersOf } from './orders.js';

export interface Call {
  url: URL;
  /** What follows the route's path. */
  rest: string;
  contentType: string | undefined;
  body: AsyncIterable<Uint8Array>;
  token: AccessToken;
  /** Aborted when the caller has gone. */
  signal: AbortSignal;
}

export interface Route {
  method: string;
  /** Ends in a slash where something follows it. */
  path: string;
  scope?: string;
  handle(call: Call, res: ServerResponse): Promise<void> | void;
}

const LONGEST_WAIT_MS = 60_000;

export const routes: readonly Route[] = [
  { method: 'GET', path: '/orders', scope: 'orders:read', handle: listOrders },
  { method: 'POST', path: '/orders', scope: 'orders:write', handle: placeOrder },
  { method: 'GET', path: '/card', handle: showCard },
  { method: 'GET', path: '/slow', handle: slow },
  { method: 'POST', path: '/echo', handle: echo },
  { method: 'GET', path: '/stream', handle: stream },
  { method: 'GET', path: '/stock', handle: tooManyRequests },
  { method: 'GET', path: '/status/', handle: status },
  { method: 'GET', path: '/redirect', handle: redirect },
];

function listOrders({ token }: Call, res: ServerResponse): void {
  answer(res, 200, { customer: token.sub, orders: ordersOf(token.sub) });
}

async function placeOrder({ body }: Call, res: ServerResponse): Promise<void> {
  const name = orderName(await text(Readable.from(body)));
  if (name) answer(res, 201, { id: '1005', name, price: 10, status: 'in the kitchen' }, { location: '/orders/1005' });
  else problem(res, 400, 'Send {"name": "…"} as JSON.');
}

/** For whom has logged in within the last minute. */
function showCard({ token }: Call, res: ServerResponse): void {
  requireFreshLogin(token, 60);
  answer(res, 200, [{ customer: token.sub, card: '•••• •••• •••• 4242' }]);
}

function orderName(json: string): string | undefined {
  try {
    const order: unknown = JSON.parse(json);
    if (typeof order !== 'object' || order === null || !('name' in order)) return undefined;
    return typeof order.name === 'string' ? order.name : undefined;
  } catch {
    return undefined;
  }
}

async function slow({ url, signal }: Call, res: ServerResponse): Promise<void> {
  const ms = Math.min(Number(url.searchParams.get('ms') ?? 1000) || 0, LONGEST_WAIT_MS);
  await delay(ms, undefined, { signal, ref: false });
  answer(res, 200, { waitedMs: ms });
}

async function echo({ body, contentType }: Call, res: ServerResponse): Promise<void> {
  res.writeHead(200, { 'content-type': contentType ?? 'application/octet-stream' });
  await pipeline(body, res);
}

async function stream({ signal }: Call, res: ServerResponse): Promise<void> {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  for (let count = 1; count <= 5; count++) {
    res.write(`id: ${count}\nevent: count\ndata: ${JSON.stringify({ count })}\n\n`);
    await delay(50, undefined, { signal });
  }
  res.end();
}

function tooManyRequests(_call: Call, res: ServerResponse): void {
  problem(res, 429, 'The stock is counted at most twice a minute.', { 'retry-after': '30' });
}

function status({ rest }: Call, res: ServerResponse): void {
  const code = /^[2-5]\d\d$/.test(rest) ? Number(rest) : undefined;
  if (code) answer(res, code, { status: code });
  else problem(res, 400, 'Ask for a status from 200 to 599.');
}

function redirect({ url }: Call, res: ServerResponse): void {
  // Parsed, so that a stray line break can't end up in the header.
  const location = URL.parse(url.searchParams.get('to') ?? '/orders', url.href)?.href;
  if (location) answer(res, 302, { location }, { location });
  else problem(res, 400, 'That is no address to redirect to.');
}
