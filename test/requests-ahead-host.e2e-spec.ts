import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import type { RequestHandler, Response } from 'express';
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { BffModule } from '../src/bff/index.js';
import { type ApiStub, startApiStub } from './support/api-stub.js';
import { type Host, startHost, surroundings, type Surroundings } from './support/host.js';
import { until } from './support/parlour.js';

let around: Surroundings;
let host: Host;
let api: ApiStub;
/** Held by a test that wants the host to be slow. */
let slow: PromiseWithResolvers<void>;
/** By their addresses. */
const responses = new Map<string, Response>();
const requested = new AsyncLocalStorage<string>();

@Controller('host')
class HostController {
  @Get('slow')
  async slow() {
    await slow.promise;
  }

  @Get('who')
  who() {
    return requested.getStore();
  }
}

/** As a host has it for its log, or its time limit; `/front` it answers itself, and hands it on nevertheless. */
const inFront: RequestHandler = ({ url }, response, next) => {
  responses.set(url, response);
  if (url.startsWith('/front')) response.once('finish', () => next()).end();
  else requested.run(url, next);
};

beforeAll(async () => {
  api = await startApiStub();
  around = await surroundings({ apiRoutes: [{ path: '/api', upstream: api.url, token: 'none' }] });
  host = await startHost(around, BffModule.forRoot(around.options), [HostController], { inFront: [inFront] });
});
beforeEach(() => {
  slow = Promise.withResolvers();
  responses.clear();
});
afterAll(async () => {
  await host.close();
  await api.close();
  await around.hostile.close();
});

/** Sends the requests one after the other before any is answered, the first of them slow; `meanwhile` they wait. All that comes back. */
async function answersTo(lines: string[], meanwhile = () => {}): Promise<string> {
  const socket = connect(around.port, '127.0.0.1');
  await once(socket, 'connect');
  const all = ['GET /host/slow', ...lines, 'GET /host/who?last'];
  const request = (line: string, more = '') =>
    `${line} HTTP/1.1\r\nHost: localhost:${around.port}\r\nX-CSRF: 1\r\n${more}\r\n`;
  socket.write(all.map((line, at) => request(line, at === all.length - 1 ? 'Connection: close\r\n' : '')).join(''));
  await until('all have come', () => responses.size === all.length);
  meanwhile();
  slow.resolve();
  return String(await buffer(socket));
}

describe('requests that are sent ahead to a host', () => {
  it('S1: have their own async context each', async () => {
    expect((await answersTo(['GET /host/who?2', 'GET /host/who?3'])).match(/who\?[a-z0-9]+/g)).toEqual([
      'who?2',
      'who?3',
      'who?last',
    ]);
  });

  it('S1: are begun no more when the host has answered them meanwhile', async () => {
    const text = await answersTo(
      ['POST /api/transfer'],
      () => void responses.get('/api/transfer')?.writeHead(503).end(),
    );
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503', 'HTTP/1.1 200']);
    await fetch(`${host.url}/api/next`, { headers: { 'X-CSRF': '1' } });
    expect(api.requests.map(({ url }) => url)).toEqual(['/next']);
  });

  it('S1: don’t wait, and don’t count, when the host hands them on after its answer', async () => {
    const text = await answersTo(Array.from({ length: 150 }, (_, at) => `GET /front?${at}`));
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(152);
  });
});
