import * as fc from 'fast-check';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { anything, rarely } from './generated-protocol.js';
import { discoveryDocument } from './hostile/endpoints.js';
import { type Hostile, listen } from './hostile-authorization-server.js';

type Members = Record<string, unknown>;

const names = Object.keys(discoveryDocument({ issuer: '' } as Hostile)); // only the issuer is looked at
/** Nobody but this machine is asked, whatever is generated: a word without a scheme is no URL. */
const places = fc.constantFrom<unknown>(
  'http://par.example/par',
  'https://127.0.0.1:1/x',
  'javascript:alert(1)',
  'data:text/html,x',
  'ftp://127.0.0.1/x',
  '//evil.example',
  'http:',
);
const notAddress = anything.filter(value => typeof value !== 'string' || !URL.canParse(value));
const member = fc.tuple(fc.constantFrom(...names), fc.oneof(notAddress, places));

/** What changes in a true document, or what stands there instead. */
export type GeneratedDocument = { changes: Members } | { whole: string };

const changes = (change: fc.Arbitrary<[string, unknown]>, maxLength: number) =>
  fc.array(change, { maxLength }).map(entries => ({ changes: Object.fromEntries(entries) }));
const notJson = fc.oneof(
  anything.map(value => JSON.stringify(value) ?? ''),
  fc.string(),
  fc.constant('{"issuer":'),
);
const whole = notJson.map(text => ({ whole: text }));

export const discoveryChanges: fc.Arbitrary<GeneratedDocument> = fc.oneof(
  { weight: 6, arbitrary: changes(member, 3) },
  whole,
);

const keyMember = fc.constantFrom('kty', 'kid', 'use', 'alg', 'n', 'e', 'key_ops', 'x5c', 'crv', 'd', 'k');
const keyChange = fc.dictionary(
  keyMember,
  fc.oneof(anything, fc.constantFrom<unknown>('RSA', 'EC', 'oct', 'enc', 'AQAB', 'RS256', 'hostile-1')),
  { maxKeys: 2 },
);

/** What changes in the keys, how often each stands there, and what stands beside them. */
export type GeneratedKeys = { keys: { change: Members; copies: number }[]; beside: unknown } | { whole: string };
export const keySetChanges: fc.Arbitrary<GeneratedKeys> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      keys: fc.array(fc.record({ change: rarely({}, keyChange), copies: rarely(1, fc.nat(3)) }), {
        minLength: 2,
        maxLength: 2,
      }),
      beside: rarely<unknown>(undefined, anything),
    }),
  },
  whole,
);

/** Issuers `<url>/0`, `<url>/1`, …: each with a discovery document and a key set of its own, all at one address. */
export async function startDocuments(text: (kind: 'discovery' | 'keys', index: number) => string) {
  const server = createServer((request, response) => {
    const [, index = '', ...rest] = (request.url ?? '').split('/');
    const kind = rest.join('/') === 'keys' ? 'keys' : 'discovery';
    response.writeHead(200, { 'content-type': 'application/json' }).end(text(kind, Number(index)));
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url, issuer: (index: number) => `${url}/${index}`, close };
}
