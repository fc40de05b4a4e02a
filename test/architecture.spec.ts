import { describe, expect, it } from '@jest/globals';
import { cycles, emptyRooms, importViolations } from './support/layers.js';
import { parse, readSources, type SourceFile } from './support/source-tree.js';

const sources = readSources();

/** The tree as it would be with one more import in one of its files. */
function withImport(path: string, specifier: string): SourceFile[] {
  const planted = parse(path, `import { x } from '${specifier}';`);
  return sources.map(source =>
    source.path === path ? { ...source, imports: [...source.imports, ...planted.imports] } : source,
  );
}

function lapsed(wrong: (source: SourceFile) => boolean | string[]): string[] {
  return sources.flatMap(source => {
    const found = wrong(source);
    return Array.isArray(found) ? found.map(lapse => `${source.path}: ${lapse}`) : found ? [source.path] : [];
  });
}

describe('imports', () => {
  it('structure: go down only', () => {
    expect(importViolations(sources)).toEqual([]);
  });

  it('structure: the table of layers has no room that is empty', () => {
    expect(emptyRooms(sources)).toEqual([]);
  });

  it('structure: no file imports itself by way of others', () => {
    expect(cycles(sources)).toEqual([]);
  });

  it.each([
    ['bff/tokens/refresh.ts', '../session/session.js', 'imports go down only'],
    ['bff/login/push.ts', '../logout/end-session.js', 'neighbours don’t know each other'],
    ['bff/api-proxy/forward.ts', '../login/return-to.js', 'neighbours don’t know each other'],
    ['bff/storage/storage.ts', '../oauth-client/http.js', 'neighbours don’t know each other'],
    ['bff/seal.ts', '../configuration.js', 'the library imports nothing from outside its folder'],
    ['server.ts', './bff/seal.js', 'the library has other doors'],
    ['configuration.ts', './server.js', 'imports go down only'],
    ['main.development.ts', './dev/demo-api/index.js', 'only a dynamic import may lead into dev/'],
    ['dev/demo-api/routes.ts', '../../bff/index.js', 'dev/ knows nothing but itself'],
    ['bff/session/session.ts', 'openid-client', 'only bff/oauth-client/ may import it'],
    ['bff/tokens/refresh.ts', 'oauth4webapi', 'only bff/oauth-client/ may import it'],
    ['server.ts', './bff/nowhere.js', 'the library has other doors'],
    ['authlete/answer.ts', '../bff/errors.js', 'the endpoints stand alone'],
    ['authlete/interaction/page.ts', '../../environment/variables.js', 'the endpoints stand alone'],
    ['authlete/server.ts', '../configuration.js', 'the endpoints stand alone'],
    ['authlete/answer.ts', '../dev/html.js', 'only a dynamic import may lead into dev/'],
    ['authlete/interaction/page.ts', '../endpoints/token.controller.js', 'imports go down only'],
    ['bff/errors.ts', '../authlete/index.js', 'only the demo knows the endpoints'],
    ['server.ts', './authlete/index.js', 'only the demo knows the endpoints'],
    ['main.authlete.ts', './authlete/answer.js', 'the endpoints have other doors'],
    ['main.authlete.ts', './dev/demo-api/index.js', 'only a dynamic import may lead into dev/'],
    ['dev/authlete-emulator/state.ts', '../../authlete/index.js', 'dev/ knows nothing but itself'],
    ['environment/variables.ts', '../process.js', 'imports go down only'],
  ])('control: %s may not import %s', (path, specifier, why) => {
    expect(importViolations(withImport(path, specifier))).toEqual([expect.stringMatching(`^${path} .*: ${why}$`)]);
  });

  it('control: a ring is found', () => {
    expect(cycles(withImport('bff/errors.ts', './frontend.js'))).not.toEqual([]);
  });
});

describe('each file', () => {
  it('has at most 200 lines, and no function of more than 45', () => {
    expect(lapsed(({ lines }) => lines > 200)).toEqual([]);
    expect(lapsed(({ longestFunction }) => longestFunction > 45)).toEqual([]);
  });

  it('has no any, no non-null assertion, and nothing that silences the compiler', () => {
    expect(lapsed(({ lapses }) => lapses)).toEqual([]);
  });

  it('structure: leaves the environment to what reads configurations', () => {
    const readers = ['authlete/configuration.ts', 'configuration.ts', 'dev/refuse-production.ts'];
    expect(lapsed(({ readsEnvironment }) => readsEnvironment)).toEqual(readers);
  });

  it('control: each lapse is found', () => {
    const source = parse(
      'x.ts',
      `// @ts-ignore\nexport const x = (y: any) => y!.z + process.env['A'];\nfunction f() {${'\n'.repeat(50)}}`,
    );
    expect(source.lapses).toEqual(['any in line 2', 'a non-null assertion in line 2', '@ts-ignore']);
    expect(source).toMatchObject({ readsEnvironment: true, lines: 53, longestFunction: 51 });
  });
});
