import { transformSync } from '@swc/core';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

// For child processes: `node --import ./test/support/typescript.mjs src/main.ts`. Node itself strips types, but knows no decorators.

const options = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2023',
  },
  module: { type: 'es6' },
};
const isOurs = url => url?.endsWith('.ts') && !url.includes('/node_modules/');

registerHooks({
  resolve: (specifier, context, next) =>
    next(isOurs(context.parentURL) ? specifier.replace(/^(\.\.?\/.*)\.js$/, '$1.ts') : specifier, context),
  load: (url, context, next) => {
    if (!isOurs(url)) return next(url, context);
    const { code } = transformSync(readFileSync(fileURLToPath(url), 'utf8'), options);
    return { format: 'module', source: code, shortCircuit: true };
  },
});
