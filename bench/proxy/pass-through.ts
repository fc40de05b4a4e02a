/** A program: what a proxy costs at the least in Node. It knows nobody, and sends the API the fields that the product would. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Pool } from 'undici';
import { listen } from '../stage/processes.ts';

const api = new Pool(process.env['API'] ?? '');
/** Names of the browser's fields that pass, in lower case. */
const passed = new Set((process.env['PASSED'] ?? '').split(','));
/** Names and values by turns. */
const added = JSON.parse(process.env['ADDED'] ?? '[]') as string[];

function fieldsOf({ rawHeaders }: IncomingMessage): string[] {
  const fields = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (passed.has(name.toLowerCase())) fields.push(name, rawHeaders[at + 1] ?? '');
  }
  return fields.concat(added);
}

async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url = '', headers } = request;
  const length = headers['content-length'];
  const fields = fieldsOf(request);
  if (length !== undefined) fields.push('content-length', length);
  const body = length === undefined ? null : request;
  const sent = { path: url.slice('/api'.length), method, headers: fields, body };
  await api.stream({ ...sent, responseHeaders: 'raw' }, answer => {
    // what `responseHeaders: 'raw'` gives, whatever undici's type says
    return response.writeHead(answer.statusCode, (answer.headers as unknown as Buffer[]).map(String));
  });
}

const handler = (request: IncomingMessage, response: ServerResponse): void => {
  passOn(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
};
const server =
  process.env['WITHIN'] === 'nest'
    ? await (await import('./within-nest.ts')).withinNest(handler)
    : createServer(handler);
server.requestTimeout = 0;
process.send?.(await listen(server));
// a profile is written when a process ends by itself
process.on('SIGTERM', () => process.exit());
