import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { changed, type AnswerLie } from './lies.js';

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  /** Sent as JSON; a string is sent as it is. */
  body?: Record<string, unknown> | string;
}

/** Sends the honest answer, or what the lie makes of it. */
export async function send(response: ServerResponse, honest: Answer, lie: AnswerLie | undefined): Promise<void> {
  await lie?.after;
  if (lie?.delayMs !== undefined) await delay(lie.delayMs);
  if (lie?.transport === 'hang') return;
  if (lie?.transport === 'drop') return void response.destroy();
  const body = bytes(bodyOf(honest, lie));
  response.on('error', () => undefined); // a client that has had enough of us
  response.writeHead(lie?.status ?? honest.status, headersOf(honest, lie, body.length));
  if (lie?.transport === 'truncate')
    return void response.write(body.subarray(0, body.length / 2), () => response.destroy());
  if (lie?.transport === 'drip') return drip(response, body);
  response.end(body);
}

function bodyOf(honest: Answer, lie: AnswerLie | undefined): unknown {
  if (lie?.body !== undefined) return typeof lie.body === 'function' ? lie.body() : lie.body;
  return typeof honest.body === 'object' ? changed(honest.body, lie?.members) : (honest.body ?? '');
}

function bytes(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function headersOf(honest: Answer, lie: AnswerLie | undefined, length: number) {
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'content-length': String(length),
    ...honest.headers,
    ...lie?.headers,
  };
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
}

async function drip(response: ServerResponse, body: Buffer): Promise<void> {
  for (const byte of body) {
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
    await delay(200, undefined, { ref: false });
  }
  response.end();
}
