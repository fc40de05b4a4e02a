import { navigation } from '../stage/browser.ts';
import type { Contestant } from '../stage/throughput.ts';
import { CONNECTIONS, type Scene } from './scene.ts';

/** `GET /login` of browsers that have no cookie yet, and as many pushes in a bare loop. */
export async function loginContestants({ bare, load, parlour }: Scene): Promise<[Contestant, Contestant]> {
  const { port, pid } = parlour;
  const requests = Array.from({ length: CONNECTIONS }, () => navigation('', '/login'));
  const run = (milliseconds: number) => load.closedLoop({ port, requests, milliseconds, status: 303 });
  return [
    {
      name: 'a bare loop of the same authenticated PAR call',
      pid: bare.pid,
      run: milliseconds => bare.ask('push', milliseconds),
    },
    { name: 'parlour', pid, run },
  ];
}
