/**
 * The product as it is built, for programs that go in where a login does. Its types come from the source: there they are before anything is built,
 * and `dist` was made of it, which is the reason for the casts.
 */
const built = (path: string): Promise<unknown> => import(String(new URL(`../../dist/${path}`, import.meta.url)));

export const { startServer } = (await built('server.js')) as typeof import('../../src/server.ts');
export const { readConfiguration } = (await built('configuration.js')) as typeof import('../../src/configuration.ts');
export const { Frontends } = (await built('bff/index.js')) as typeof import('../../src/bff/index.ts');
export const { Sessions } = (await built(
  'bff/session/session.js',
)) as typeof import('../../src/bff/session/session.ts');
