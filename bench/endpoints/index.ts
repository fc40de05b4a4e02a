import type { Group, Row } from '../report.ts';
import { isWanted, type Settings } from '../settings.ts';
import { absolutes, comparison, type Contestant, measureThroughput } from '../stage/throughput.ts';
import { callbackContestants } from './callback.ts';
import { loginContestants } from './login.ts';
import { type Scene, startScene } from './scene.ts';
import { sessionContestants } from './session.ts';

interface Part {
  words: string;
  goal: number;
  /** What it's measured against, and the product. */
  contestants: (scene: Scene) => Promise<[Contestant, Contestant]>;
}

const PARTS: Record<string, Part> = {
  session: { words: 'GET /session', goal: 0.8, contestants: sessionContestants },
  login: { words: 'GET /login', goal: 0.8, contestants: loginContestants },
  callback: { words: 'callback', goal: 0.7, contestants: callbackContestants },
};

/** What is asked of the BFF itself. */
export async function measureEndpoints(settings: Settings): Promise<Group> {
  const scene = await startScene(settings);
  const rows: Row[] = [];
  for (const [, part] of Object.entries(PARTS).filter(([name]) => isWanted(name, settings)))
    rows.push(...(await measure(part, scene, settings)));
  await scene.close();
  return { rows, versions: {} };
}

async function measure({ words, goal, contestants }: Part, scene: Scene, settings: Settings): Promise<Row[]> {
  const [theirs, ours] = await contestants(scene);
  const found = await measureThroughput([theirs, ours], settings);
  return [
    ...comparison(found, [ours.name, theirs.name], `${words} against ${theirs.name}`, goal),
    ...absolutes(found, `${words}, `),
  ];
}
