import { once } from 'node:events';
import { type Row, row } from '../report.ts';
import { startAuthorizationServer } from '../stage/authorization-server.ts';
import { deploymentOf, startInstance } from '../stage/instance.ts';
import { start, temporaryFolder } from '../stage/processes.ts';
import { figure, median } from '../stage/statistics.ts';

/** Milliseconds. */
const GOAL = 500;

/** The production build, from its start until `/health/ready` says 200; beside it Node with nothing to do. Files are in the page cache. */
export async function measureColdStart(rounds: number): Promise<Row[]> {
  const authorizationServer = await startAuthorizationServer();
  const ours = () => startedIn(authorizationServer.issuer);
  await ours();
  const found: { ours: number; node: number }[] = [];
  while (found.length < rounds) found.push({ node: await nodeAlone(), ours: await ours() });
  authorizationServer.close();
  const took = median(found.map(round => round.ours));
  return [
    row('cold start to ready, production build', `≤ ${GOAL} ms`, figure(took, 'ms'), took <= GOAL),
    {
      figure: 'of that Node itself, with nothing to do',
      measured: figure(median(found.map(({ node }) => node)), 'ms'),
    },
  ];
}

async function startedIn(issuer: string): Promise<number> {
  const deployment = deploymentOf({ issuer }, { url: 'http://127.0.0.1:9' }, `file:${temporaryFolder()}`);
  const began = performance.now();
  const { stop } = await startInstance(deployment);
  const took = performance.now() - began;
  await stop();
  return took;
}

async function nodeAlone(): Promise<number> {
  const began = performance.now();
  await once(start(process.execPath, ['--eval', '0'], { stdio: 'ignore' }).child, 'close');
  return performance.now() - began;
}
