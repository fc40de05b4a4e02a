import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** One request and its answer, whoever made it; what a leak scan reads. */
export interface Exchange {
  url: string;
  method: string;
  requestHeaders: Record<string, string>;
  requestBody: string;
  status: number;
  /** Names in lower case; a repeated header's values are joined with ", ". `setCookie` has those apart. */
  headers: Record<string, string>;
  setCookie: string[];
  /** Decompressed. */
  body: string;
}

export type Body = string | Buffer | URLSearchParams | Readable;

export interface Outgoing {
  url: URL;
  method: string;
  headers: Record<string, string>;
  body: Body | undefined;
  signal: AbortSignal | undefined;
}

/** Where names lead, like /etc/hosts, and whom TLS trusts. `localhost` and `*.localhost` are 127.0.0.1 in any case. */
export interface Network {
  hosts?: Record<string, string>;
  ca?: string | Buffer;
}

// A connection per request: nothing is left open when a test closes its servers.
const agent = new HttpAgent({ keepAlive: false });
const tlsAgent = new HttpsAgent({ keepAlive: false });

/** Sends one request and resolves when the answer's head is in. */
export async function send(
  { url, method, headers, body, signal }: Outgoing,
  network: Network,
): Promise<IncomingMessage> {
  const { hostname, port, protocol, pathname, search } = url;
  const options = {
    method,
    // the name that was asked for, wherever it leads
    headers: { Host: url.host, ...headers },
    host:
      network.hosts?.[hostname] ?? (/(^|\.)localhost$/.test(hostname) ? '127.0.0.1' : hostname.replace(/^\[|\]$/g, '')),
    port,
    path: pathname + search,
    ...(signal === undefined ? {} : { signal }),
  };
  // RFC 6066 §3: an address is no server name
  const name = isIP(hostname) === 0 ? { servername: hostname } : {};
  const tls = { ...name, ...(network.ca === undefined ? {} : { ca: network.ca }) };
  const request =
    protocol === 'https:' ? httpsRequest({ ...options, ...tls, agent: tlsAgent }) : httpRequest({ ...options, agent });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject); // after the head, the body says it
  });
  // A server may answer before it has read everything: only the answer counts.
  if (body instanceof Readable) pipeline(body, request).catch(() => undefined);
  else request.end(body instanceof URLSearchParams ? body.toString() : body);
  return answered;
}

export async function decodedBody(response: IncomingMessage): Promise<string> {
  const decoder = decoderFor(response.headers['content-encoding']);
  const bytes =
    decoder === undefined ? await buffer(response) : await pipeline(response, decoder, stream => buffer(stream));
  return bytes.toString();
}

function decoderFor(encoding: string | undefined) {
  if (encoding === 'gzip') return createGunzip();
  if (encoding === 'br') return createBrotliDecompress();
  return encoding === 'deflate' ? createInflate() : undefined;
}

export function joinedHeaders(response: IncomingMessage): Record<string, string> {
  const entries = Object.entries(response.headersDistinct);
  return Object.fromEntries(entries.map(([name, values = []]): [string, string] => [name, values.join(', ')]));
}
