import { startAuthorizationServer } from '../stage/authorization-server.ts';
import type { Settings } from '../settings.ts';
import { type LoadGenerator, startLoadGenerator } from '../stage/load.ts';
import { type Around, type Server, startParlour } from '../stage/server.ts';
import { type BareClient, startBareClient } from './bare.ts';

export const CONNECTIONS = 32;

/** The product and its bare counterpart, before one authorization server: this process, which does nothing else meanwhile. */
export interface Scene {
  around: Around;
  load: LoadGenerator;
  parlour: Server;
  bare: BareClient;
  close(): Promise<void>;
}

export async function startScene(settings: Settings): Promise<Scene> {
  const authorizationServer = await startAuthorizationServer();
  const around = { authorizationServer, api: { url: 'http://127.0.0.1:9' }, settings };
  const load = startLoadGenerator();
  const parlour = await startParlour(around);
  const bare = await startBareClient(around, CONNECTIONS);
  const close = async () => {
    authorizationServer.close();
    await load.stop();
    await Promise.all([parlour, bare].map(each => each.stop('SIGTERM')));
  };
  return { around, load, parlour, bare, close };
}
