/** A program: an API that sends as many bytes as it's asked for, and counts those that it gets; at `/head` it says what it was sent. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { listen } from '../stage/processes.ts';
import { chunks } from './chunks.ts';

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url, rawHeaders } = request;
  if (url === '/head') {
    const lines = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : []));
    return void response.end(JSON.stringify(lines));
  }
  if (method === 'POST') {
    let count = 0;
    for await (const chunk of request) count += (chunk as Buffer).length;
    return void response.end(String(count));
  }
  const bytes = Number(url?.slice(1));
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes });
  await pipeline(Readable.from(chunks(bytes)), response);
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
process.send?.(await listen(server));
