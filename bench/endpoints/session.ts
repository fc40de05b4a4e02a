import { join } from 'node:path';
import { request } from 'undici';
import { fetchedBy, follow } from '../stage/browser.ts';
import { HOST } from '../stage/instance.ts';
import { startOther } from '../stage/server.ts';
import type { Contestant } from '../stage/throughput.ts';
import { CONNECTIONS, type Scene } from './scene.ts';

/** `GET /session`, and a route of Express that says the same. */
export async function sessionContestants({ around, load, parlour }: Scene): Promise<[Contestant, Contestant]> {
  const people: string[] = [];
  while (people.length < CONNECTIONS) people.push((await follow(parlour.port, '/login')).cookie);
  const headers = { host: HOST, cookie: people[0] ?? '', 'x-csrf': '1' };
  const { body } = await request(`http://127.0.0.1:${parlour.port}/session`, { headers });
  const env = { ANSWER: await body.text() };
  const route = await startOther('express', join(import.meta.dirname, 'express-route.ts'), env, around.settings);
  const requests = people.map(cookie => fetchedBy(cookie, '/session'));
  const reading = (port: number) => (milliseconds: number) => load.closedLoop({ port, requests, milliseconds });
  return [
    { name: 'a bare Express JSON route', pid: route.pid, run: reading(route.port) },
    { name: 'parlour', pid: parlour.pid, run: reading(parlour.port) },
  ];
}
