import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { asking } from '../stage/commands.ts';
import { type Around, type Server, startOther } from '../stage/server.ts';

interface Done {
  answers: number;
  seconds: number;
}

export interface BareCommands {
  /** Pushes authorization requests for so many milliseconds. */
  push(milliseconds: number): Promise<Done>;
  /** Gets that many codes. */
  prepare(count: number): Promise<void>;
  /** Takes those codes to the token endpoint. */
  redeem(): Promise<Done>;
}

export type BareClient = Server & { ask: ReturnType<typeof asking<BareCommands>> };

/** In a process of its own. */
export async function startBareClient(
  { authorizationServer, settings }: Around,
  connections: number,
): Promise<BareClient> {
  const env = {
    ISSUER: authorizationServer.issuer,
    CLIENT_SECRET: randomBytes(32).toString('base64url'),
    CONNECTIONS: String(connections),
  };
  const server = await startOther('bare-client', join(import.meta.dirname, 'bare-client.ts'), env, settings);
  return { ...server, ask: asking<BareCommands>(server) };
}
