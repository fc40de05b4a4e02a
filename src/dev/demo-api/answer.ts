import type { ServerResponse } from 'node:http';

type Headers = Record<string, string>;

export function answer(res: ServerResponse, status: number, body: unknown, headers: Headers = {}): void {
  res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  res.end(JSON.stringify(body));
}

/** RFC 9457 problem details. */
export function problem(res: ServerResponse, status: number, detail: string, headers: Headers = {}): void {
  answer(res, status, { status, detail }, { ...headers, 'content-type': 'application/problem+json' });
}

/** RFC 6750 §3: says what is missing, in terms a client understands. */
export function challenge(parameters: Record<string, string | undefined>): string {
  const pairs = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return ['Bearer', pairs.map(([key, value]) => `${key}="${value}"`).join(', ')].join(' ').trim();
}
