import { afterAll } from '@jest/globals';
import { createServer, type Server } from 'node:net';

/** Below the system's own range for outgoing connections and for `listen(0)` (32768 and up), so that nobody is given one of these by chance. */
const FIRST = 12_000;
const LAST = 31_999;
const BLOCK = 50;

/** Listens on a block's first port until this test file ends: so no other process of the tests takes ports of this block. */
let claim: { server: Server; first: number } | undefined;
let next = 0;

afterAll(() => {
  claim?.server.close();
});

/** A port for a server of this test file whose address has to be known before it listens; no two calls give the same one. */
export async function freePort(): Promise<number> {
  while (true) {
    if (!claim || next === claim.first + BLOCK) claim = await claimBlock(claim);
    const port = next++;
    const probe = await listen(port);
    if (!probe) continue;
    await new Promise(resolve => probe.close(resolve));
    return port;
  }
}

async function claimBlock(before: typeof claim): Promise<NonNullable<typeof claim>> {
  before?.server.close();
  const blocks = Math.floor((LAST - FIRST + 1) / BLOCK);
  const start = process.pid % blocks;
  for (let tried = 0; tried < blocks; tried++) {
    const first = FIRST + ((start + tried) % blocks) * BLOCK;
    const server = await listen(first);
    if (!server) continue;
    server.unref();
    next = first + 1;
    return { server, first };
  }
  throw new Error(`no free port between ${FIRST} and ${LAST}`);
}

/** Undefined where the port is taken. */
async function listen(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
