import type { SourceFile } from './source-tree.js';

/**
 * design: imports go down only. A line is a layer, the top one first; an entry is a file or a folder (with a slash). What stands in one line
 * knows nothing of its neighbours, so login/, logout/ and api-proxy/ never import one another.
 */
export const LAYERS: readonly (readonly string[])[] = [
  ['main.ts', 'main.development.ts', 'main.authlete.ts', 'authlete/main.ts', 'doctor.ts', 'keys.ts', 'compact.ts'],
  ['command-line.ts'],
  ['keys/'],
  ['development/'],
  ['workers.ts'],
  ['server.ts', 'authlete/server.ts'],
  ['app.module.ts', 'management.ts'],
  ['spa/'],
  ['configuration.ts', 'authlete/configuration.ts'],
  ['configuration/', 'authlete/configuration/'],
  // what every process of ours needs, whatever it serves
  ['process.ts', 'json-log.ts'],
  ['environment/'],
  // the authorization server's endpoints
  ['authlete/index.ts'],
  ['authlete/authlete.module.ts'],
  ['authlete/endpoints/', 'authlete/host-application.ts', 'authlete/session-store.ts'],
  ['authlete/authlete.module-definition.ts'],
  [
    'authlete/interaction/',
    'authlete/forwarding.ts',
    'authlete/access-token.ts',
    'authlete/service-check.ts',
    'authlete/edge.middleware.ts',
    'authlete/unknown-address.ts',
  ],
  ['authlete/client-request.ts', 'authlete/answer.ts', 'authlete/endpoint-error.filter.ts'],
  ['authlete/client-credentials.ts', 'authlete/client-certificate.ts', 'authlete/form-body.ts'],
  [
    'authlete/certificate-headers.ts',
    'authlete/tls-certificate.ts',
    'authlete/endpoint-error.ts',
    'authlete/unread-body.ts',
  ],
  ['authlete/authlete-api.ts'],
  ['authlete/events.ts', 'authlete/reply.ts'],
  [
    'authlete/authlete.options.ts',
    'authlete/authlete-error.ts',
    'authlete/redact.ts',
    'authlete/endpoints.ts',
    'authlete/host-failure.ts',
  ],
  ['authlete/network.ts'],
  ['authlete/option-rules.ts'],
  ['authlete/json.ts'],
  // the library
  ['bff/index.ts'],
  ['bff/bff.module.ts'],
  ['bff/doctor/'],
  // rooms: what a request is for; and what every request passes first or last
  [
    'bff/login/',
    'bff/logout/',
    'bff/api-proxy/',
    'bff/edge.middleware.ts',
    'bff/jwks.controller.ts',
    'bff/endpoints.controller.ts',
    'bff/body-parser.ts',
    'bff/moved-routes.ts',
  ],
  ['bff/session/'],
  // a guard and a filter are named on controllers, also on those of a session and of a host
  ['bff/tokens/', 'bff/csrf.guard.ts', 'bff/error.filter.ts'],
  ['bff/see-other.ts', 'bff/answer-json.ts'],
  ['bff/frontend.ts', 'bff/page.ts', 'bff/bff.module-definition.ts', 'bff/authorization-server-problem.ts'],
  [
    'bff/oauth-client/',
    'bff/storage/',
    'bff/events.ts',
    'bff/outbound.ts',
    'bff/client-address.ts',
    'bff/cookies.ts',
    'bff/security-headers.ts',
    'bff/login-parameters.ts',
    'bff/endpoints.ts',
    'bff/unread-body.ts',
    'bff/turn.ts',
    'bff/break-off.ts',
    'bff/expectation.ts',
    'bff/upgrade.ts',
    'bff/form-body.ts',
  ],
  ['bff/http2/'],
  [
    'bff/bff.options.ts',
    'bff/seal.ts',
    'bff/redact.ts',
    'bff/reference.ts',
    'bff/errors.ts',
    'bff/renewable-dispatcher.ts',
    'bff/metrics.ts',
  ],
  ['bff/options/', 'bff/credential-gauge.ts'],
  ['bff/key-material/', 'bff/storage-url.ts'],
  ['bff/secure-url.ts', 'bff/recently-used.ts', 'bff/request-note.ts', 'bff/deflate.ts'],
];

/** Where the library is entered from outside its folder. */
const DOORS = ['bff/index.ts', 'bff/bff.options.ts'];

/** The endpoints know nothing of the BFF, nor it of them; only the demo brings them together. */
const AUTHLETE_DOORS = ['authlete/index.ts', 'authlete/server.ts', 'authlete/configuration.ts'];
const AUTHLETE_GUESTS = ['main.authlete.ts', 'development/'];
/** The process around the endpoints; and what every process needs. */
const AUTHLETE_PROCESS = [
  'authlete/main.ts',
  'authlete/server.ts',
  'authlete/configuration.ts',
  'authlete/configuration/',
];
const NEUTRAL = ['process.ts', 'json-log.ts', 'environment/'];

/** Packages that one folder alone may import. */
const OWNERS: Record<string, string> = {
  'openid-client': 'bff/oauth-client/',
  oauth4webapi: 'bff/oauth-client/',
  lmdb: 'bff/storage/embedded/',
  '@redis/client': 'bff/storage/redis/',
};

/** Every import that goes another way than down, as `file → file: why`. */
export function importViolations(sources: readonly SourceFile[]): string[] {
  return sources.flatMap(({ path, imports }) =>
    imports.flatMap(({ to, dynamic }) => {
      const why = to.endsWith('.ts') ? wrongFile(path, to, dynamic) : wrongPackage(path, to);
      return why === undefined ? [] : [`${path} → ${to}: ${why}`];
    }),
  );
}

function wrongFile(from: string, to: string, dynamic: boolean): string | undefined {
  if (isIn(from, 'dev/')) return isIn(to, 'dev/') ? undefined : 'dev/ knows nothing but itself';
  if (isIn(to, 'dev/')) return dynamic ? undefined : 'only a dynamic import may lead into dev/';
  if (isIn(from, 'authlete/') !== isIn(to, 'authlete/')) return wrongFileOfAuthlete(from, to) ?? wrongLayer(from, to);
  if (isIn(from, 'bff/') && !isIn(to, 'bff/')) return 'the library imports nothing from outside its folder';
  if (!isIn(from, 'bff/') && isIn(to, 'bff/') && !DOORS.includes(to)) return 'the library has other doors';
  return wrongLayer(from, to);
}

function wrongFileOfAuthlete(from: string, to: string): string | undefined {
  if (isIn(from, 'authlete/')) {
    const process = AUTHLETE_PROCESS.some(room => isIn(from, room));
    return process && NEUTRAL.some(room => isIn(to, room)) ? undefined : 'the endpoints stand alone';
  }
  if (!AUTHLETE_GUESTS.some(room => isIn(from, room))) return 'only the demo knows the endpoints';
  return AUTHLETE_DOORS.includes(to) ? undefined : 'the endpoints have other doors';
}

function wrongLayer(from: string, to: string): string | undefined {
  const [above, below] = [layerOf(from), layerOf(to)];
  if (above === undefined || below === undefined) return 'one of them is in no layer';
  if (above.room === below.room || above.depth < below.depth) return undefined;
  return above.depth === below.depth ? 'neighbours don’t know each other' : 'imports go down only';
}

function wrongPackage(from: string, name: string): string | undefined {
  const owner = OWNERS[name];
  if (owner !== undefined && !isIn(from, owner) && !isIn(from, 'dev/')) return `only ${owner} may import it`;
  return undefined;
}

function layerOf(path: string): { depth: number; room: string } | undefined {
  for (const [depth, rooms] of LAYERS.entries()) {
    const room = rooms.find(each => isIn(path, each));
    if (room !== undefined) return { depth, room };
  }
  return undefined;
}

/** Rooms of the table that hold no file: it moves along with the tree. */
export function emptyRooms(sources: readonly SourceFile[]): string[] {
  return LAYERS.flat().filter(room => !sources.some(({ path }) => isIn(path, room)));
}

/** Files that import each other in a ring, as `a → b → a`. */
export function cycles(sources: readonly SourceFile[]): string[] {
  const graph = new Map(sources.map(({ path, imports }) => [path, imports.map(({ to }) => to)]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push([...trail.slice(start), path].join(' → '));
    if (start >= 0 || done.has(path)) return;
    for (const to of graph.get(path) ?? []) visit(to, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}

function isIn(path: string, room: string): boolean {
  return room.endsWith('/') ? path.startsWith(room) : path === room;
}
