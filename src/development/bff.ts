import { type Configuration, readConfiguration } from '../configuration.js';

/** What the demo's BFF has of its own, in a folder of this machine. */
export async function ownDefaults(folder: string) {
  const { developmentSecrets } = await import('../dev/secrets.js');
  const { SESSION_KEYS, CLIENT_SECRET } = developmentSecrets(folder);
  return { own: { STORAGE_URL: `file:${folder}`, SESSION_KEYS }, CLIENT_SECRET };
}

/** The environment over these defaults; the browser is on the same machine, so PUBLIC_URL follows PORT. */
export function readDemoConfiguration(defaults: Record<string, string>, env?: NodeJS.ProcessEnv): Configuration {
  const { server } = readConfiguration(env, { ...defaults, PUBLIC_URL: 'http://localhost:3000' });
  return readConfiguration(env, { ...defaults, PUBLIC_URL: `http://localhost:${server.port}` });
}
