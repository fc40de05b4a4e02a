import { createServer } from 'node:http';
import { createServer as createVite } from 'vite';
import { listen, type RunningServer } from './authorization-server/listen.js';
import { refuseProduction } from './refuse-production.js';

refuseProduction();

/** Vite's server for the SPA in `root`, with hot reload. In middleware mode, because by itself it would end the whole process on `SIGTERM`. */
export async function startVite(root: string, port: number): Promise<RunningServer> {
  const server = createServer();
  const vite = await createVite({ root, logLevel: 'warn', server: { middlewareMode: true, ws: { server } } });
  server.on('request', vite.middlewares);
  try {
    const running = await listen(server, port, 'localhost');
    return { ...running, close: () => Promise.all([vite.close(), running.close()]).then(() => undefined) };
  } catch (error) {
    await vite.close();
    throw error;
  }
}
