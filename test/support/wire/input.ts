/** What a client writes, byte for byte, and what may come of it. */
export interface HostileInput {
  /** What's hostile in it, for the test's name. */
  what: string;
  /** Latin-1. `{host}` is ours, `{evil}` another server's, `{api}` the API's, `{cookie}` the session's. */
  bytes: string;
  /** Status of the first answer; `closed` for none at all, `4xx` for any. */
  answer: number | '4xx' | 'closed';
  /** What reaches the API, as `GET /v1/x body`: all of it, in this order. */
  reaches: string[];
  /** Status of the second answer, where the bytes hold a second request. */
  second?: number;
}

interface Written {
  line?: string;
  host?: string[];
  fields?: string[];
  body?: string;
}

/** A request with session and custom header, but for what is written otherwise. */
export function written({
  line = 'GET /api/things/x HTTP/1.1',
  host = ['Host: {host}'],
  fields = [],
  body = '',
}: Written): string {
  return `${[line, ...host, 'Cookie: {cookie}', 'X-CSRF: 1', ...fields].join('\r\n')}\r\n\r\n${body}`;
}

export function get(target: string): string {
  return written({ line: `GET ${target} HTTP/1.1` });
}

export function post(fields: string[], body = ''): string {
  return written({ line: 'POST /api/things/x HTTP/1.1', fields, body });
}

/** Inputs that are answered alike and reach nothing. */
export function refused(answer: HostileInput['answer'], inputs: [what: string, bytes: string][]): HostileInput[] {
  return inputs.map(([what, bytes]) => ({ what, bytes, answer, reaches: [] }));
}

/** Inputs that mean what they say, and reach the API so. */
export function passed(inputs: [what: string, bytes: string, ...reaches: string[]][]): HostileInput[] {
  return inputs.map(([what, bytes, ...reaches]) => ({ what, bytes, answer: 200, reaches }));
}

/** Each with each. */
export function pairs<A, B>(one: readonly A[], other: readonly B[]): [A, B][] {
  return one.flatMap(a => other.map((b): [A, B] => [a, b]));
}

/** As test names show it. */
export function shown(text: string): string {
  const short = text.length > 100 ? `${text.slice(0, 100)}… (${text.length})` : text;
  return JSON.stringify(short).slice(1, -1).replaceAll('%', '%%');
}
