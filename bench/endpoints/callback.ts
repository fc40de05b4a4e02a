import { follow, navigation } from '../stage/browser.ts';
import type { Contestant } from '../stage/throughput.ts';
import { CONNECTIONS, type Scene } from './scene.ts';

/** In a round, for each second that it's to take. */
const CALLBACKS = 500;

/** Callbacks of logins that came back from the authorization server before, and as many token calls in a bare loop. */
export async function callbackContestants({ bare, load, parlour }: Scene): Promise<[Contestant, Contestant]> {
  const { port, pid } = parlour;
  let requests: string[] = [];
  const prepare = async (milliseconds: number) => {
    requests = await callbacksAt(port, countIn(milliseconds));
  };
  const run = () => load.eachOnce({ port, requests, connections: CONNECTIONS, status: 303 });
  return [
    {
      name: 'a bare loop of the same token call and checks',
      pid: bare.pid,
      prepare: milliseconds => bare.ask('prepare', countIn(milliseconds)),
      run: () => bare.ask('redeem'),
    },
    { name: 'parlour', pid, prepare, run },
  ];
}

function countIn(milliseconds: number): number {
  return Math.max(CONNECTIONS, Math.round((milliseconds / 1000) * CALLBACKS));
}

async function callbacksAt(port: number, count: number): Promise<string[]> {
  const requests: string[] = [];
  let started = 0;
  const worker = async () => {
    while (started++ < count) {
      const { cookie, url } = await follow(port, '/login', ({ pathname }) => pathname === '/callback');
      requests.push(navigation(cookie, url.pathname + url.search));
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return requests;
}
