/** A program: clients of HTTP servers on loopback, in a process of their own. Its parent asks by messages (load.ts). */
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { answerWith } from './commands.ts';
import { Connection } from './connection.ts';
import type { LoadCommands } from './load.ts';
import { percentile } from './statistics.ts';

/** Milliseconds before a request is due from which on this process waits for it without sleeping: a timer isn't any finer. */
const WAKE_AHEAD = 2;

const opened = new Map<number, Promise<Connection[]>>();

answerWith<LoadCommands>({
  /** Each connection sends its next request when it has the answer to the last. */
  async closedLoop({ port, requests, milliseconds }) {
    const connections = await connectionsTo(port, requests.length);
    const began = performance.now();
    const end = began + milliseconds;
    let answers = 0;
    const client = async (connection: Connection, request: string) => {
      while (performance.now() < end) {
        await sendOn(connection, request);
        answers++;
      }
    };
    await Promise.all(connections.map((connection, at) => client(connection, requests[at] ?? '')));
    return { answers, seconds: (performance.now() - began) / 1000 };
  },

  /** Requests are due at a fixed rate, whatever the server does: what it answers late delays those after it, and their time counts from when they were due. */
  async openLoop({ port, requests, milliseconds, rate }) {
    const idle = (await connectionsTo(port, requests.length)).map((connection, at) => ({ connection, at }));
    const [times, waiting, underWay] = [[] as number[], [] as number[], new Set<Promise<void>>()];
    const serve = async (client: (typeof idle)[number]) => {
      for (let due = waiting.shift(); due !== undefined; due = waiting.shift()) {
        await sendOn(client.connection, requests[client.at] ?? '');
        times.push(performance.now() - due);
      }
      idle.push(client);
    };
    const began = performance.now();
    for (let count = 0; count < (milliseconds / 1000) * rate; count++) {
      const due = began + (count * 1000) / rate;
      if (due - performance.now() > WAKE_AHEAD) await delay(due - performance.now() - WAKE_AHEAD);
      while (performance.now() < due) await nextTurn();
      waiting.push(due);
      const client = idle.shift();
      if (!client) continue;
      const served = serve(client).finally(() => underWay.delete(served));
      underWay.add(served);
    }
    await Promise.all(underWay);
    return { answers: times.length, p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
  },
});

function connectionsTo(port: number, count: number): Promise<Connection[]> {
  const connections = opened.get(port) ?? Promise.all(Array.from({ length: count }, () => Connection.open(port)));
  opened.set(port, connections);
  return connections;
}

async function sendOn(connection: Connection, request: string): Promise<void> {
  const status = await connection.send(request);
  if (status !== 200) throw new Error(`a call was answered ${status}`);
}
