/** A program: an API that has all kinds of trouble, by the path that it's asked for. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { listen } from '../stage/processes.ts';

const BODY = JSON.stringify({ orders: ['one', 'two', 'three', 'four'] });

type Trouble = (response: ServerResponse) => Promise<unknown> | void;

const TROUBLES: Record<string, Trouble> = {
  '/slow': response => delay(200 + Math.random() * 1200).then(() => ordinary(response)),
  '/gone': response => delay(200 + Math.random() * 1200).then(() => ordinary(response)),
  '/trickle': async response => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length });
    for (const part of BODY.match(/.{1,8}/g) ?? []) {
      response.write(part);
      await delay(100);
    }
    response.end();
  },
  '/stuck': () => {},
  '/reset': response => void response.destroy(),
  '/half': async response => {
    response.writeHead(200, { 'content-length': 2 * BODY.length }).write(BODY);
    await delay(20);
    response.destroy();
  },
  '/broken': response => void response.writeHead(503, { 'content-type': 'text/plain' }).end('out of order'),
};

function ordinary(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length }).end(BODY);
}

const server = createServer((request: IncomingMessage, response: ServerResponse) => {
  const isAuthorized = request.headers.authorization?.startsWith('Bearer ') === true;
  request.on('error', () => {}).resume();
  if (!isAuthorized) return void response.writeHead(401).end();
  const trouble = TROUBLES[request.url ?? ''];
  if (trouble) return void Promise.resolve(trouble(response)).catch(() => response.destroy());
  request.on('end', () => ordinary(response));
});
process.send?.(await listen(server));
