import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { type Pair, startPair } from './login-flow.js';
import { until } from './support/parlour.js';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());

/** Requests that wait behind one another for a client that has hung up with a reset. */
async function askAndReset(count: number): Promise<void> {
  const { port } = pair.parlour;
  const socket = connect(port, '127.0.0.1');
  const request = `GET /session HTTP/1.1\r\nHost: localhost:${port}\r\nX-CSRF: 1\r\n\r\n`;
  await new Promise<void>(resolve => socket.once('connect', resolve));
  await new Promise<void>(resolve => socket.write(request.repeat(count), () => resolve()));
  const closed = new Promise(resolve => socket.once('close', resolve));
  socket.resetAndDestroy();
  await closed;
}

describe('a client that has gone', () => {
  it('S1: before its pipelined requests were begun makes no error of ours', async () => {
    const connections = () =>
      new Promise<number>((resolve, reject) =>
        pair.parlour.server.app
          .getHttpServer()
          .getConnections((error: Error | null, count: number) => (error ? reject(error) : resolve(count))),
      );
    for (let round = 0; round < 20; round++) await askAndReset(50);
    await until('nobody is connected', async () => (await connections()) === 0);
    expect(pair.parlour.events('request_failed')).toEqual([]);
  });
});
