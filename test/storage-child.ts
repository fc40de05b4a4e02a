import { execFileSync } from 'node:child_process';

export function source(file: string): string {
  return new URL(`../src/bff/storage/${file}`, import.meta.url).href;
}

/** Node runs our TypeScript as it stands, once it looks for a `.ts` where we import a `.js`. */
export function nodeArguments(script: string): string[] {
  const hook = `
    import { registerHooks } from 'node:module';
    registerHooks({
      resolve: (specifier, context, next) =>
        next(context.parentURL?.endsWith('.ts') ? specifier.replace(/^(\\.\\.?\\/.*)\\.js$/, '$1.ts') : specifier, context),
    });`;
  return ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, '--input-type=module', '--eval', script];
}

export function opening(directory: string): string {
  return `
    const { openEmbedded } = await import(${JSON.stringify(source('embedded.ts'))});
    const storage = await openEmbedded(${JSON.stringify(directory)});
  `;
}

/** The same for any storage. */
export function openingUrl(url: string): string {
  return `
    const { openStorage } = await import(${JSON.stringify(source('open.ts'))});
    const storage = await openStorage(${JSON.stringify(url)});
  `;
}

export const waiting = `
  const go = new Promise(resolve => process.once('message', resolve));
  process.send('ready');
  await go;
`;

/** Runs `script` in a child, with `storage` at hand, and gives what it prints. In vain for more than 20 s: throws. */
export function runInChild(directory: string, script: string): string {
  return execFileSync(process.execPath, nodeArguments(opening(directory) + script), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 20_000,
  });
}
