/** A program: clients of HTTP servers on loopback, in a process of their own. Its parent asks by messages (load.ts). */
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { answerWith } from './commands.ts';
import { Connection } from './connection.ts';
import type { LoadCommands } from './load.ts';
import { percentile } from './statistics.ts';

/** Milliseconds before a request is due from which on this process waits for it without sleeping: a timer isn't any finer. */
const WAKE_AHEAD = 2;

const opened = new Map<number, Promise<Client[]>>();

/** Asks again on another connection where a server has closed the one between two calls, as a browser does. */
class Client {
  readonly #port: number;
  #connection: Connection;

  private constructor(port: number, connection: Connection) {
    this.#port = port;
    this.#connection = connection;
  }

  static async at(port: number): Promise<Client> {
    return new Client(port, await Connection.open(port));
  }

  async send(request: string, expected = 200): Promise<void> {
    const status = await this.#connection.send(request).catch(async (error: unknown) => {
      if (!this.#connection.isClosed) throw error;
      this.#connection = await Connection.open(this.#port);
      return this.#connection.send(request);
    });
    if (status !== expected) throw new Error(`a call was answered ${status}`);
  }
}

answerWith<LoadCommands>({
  /** Each sends its next request when it has the answer to the last. */
  async closedLoop({ port, requests, milliseconds, status }) {
    const clients = await clientsAt(port, requests.length);
    const began = performance.now();
    const end = began + milliseconds;
    let answers = 0;
    const work = async (client: Client, request: string) => {
      while (performance.now() < end) {
        await client.send(request, status);
        answers++;
      }
    };
    await Promise.all(clients.map((client, at) => work(client, requests[at] ?? '')));
    return { answers, seconds: (performance.now() - began) / 1000 };
  },

  async eachOnce({ port, requests, connections, status }) {
    const clients = await clientsAt(port, connections);
    const began = performance.now();
    let next = 0;
    const work = async (client: Client) => {
      for (let request = requests[next++]; request !== undefined; request = requests[next++])
        await client.send(request, status);
    };
    await Promise.all(clients.map(work));
    return { answers: requests.length, seconds: (performance.now() - began) / 1000 };
  },

  /** Requests are due at a fixed rate, whatever the server does: what it answers late delays those after it, and their time counts from when they were due. */
  async openLoop({ port, requests, milliseconds, rate }) {
    const idle = (await clientsAt(port, requests.length)).map((client, at) => ({
      client,
      request: requests[at] ?? '',
    }));
    const [times, waiting, underWay] = [[] as number[], [] as number[], new Set<Promise<void>>()];
    const serve = async (one: (typeof idle)[number]) => {
      for (let due = waiting.shift(); due !== undefined; due = waiting.shift()) {
        await one.client.send(one.request);
        times.push(performance.now() - due);
      }
      idle.push(one);
    };
    const began = performance.now();
    for (let count = 0; count < (milliseconds / 1000) * rate; count++) {
      const due = began + (count * 1000) / rate;
      if (due - performance.now() > WAKE_AHEAD) await delay(due - performance.now() - WAKE_AHEAD);
      while (performance.now() < due) await nextTurn();
      waiting.push(due);
      const one = idle.shift();
      if (!one) continue;
      const served = serve(one).finally(() => underWay.delete(served));
      underWay.add(served);
    }
    await Promise.all(underWay);
    return { answers: times.length, p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
  },
});

function clientsAt(port: number, count: number): Promise<Client[]> {
  const clients = opened.get(port) ?? Promise.all(Array.from({ length: count }, () => Client.at(port)));
  opened.set(port, clients);
  return clients;
}
