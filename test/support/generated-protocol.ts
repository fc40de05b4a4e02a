import * as fc from 'fast-check';
import type { AnswerLie, IdTokenLie } from './hostile-authorization-server.js';

export const rarely = <T>(usual: T, arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, arbitrary);

export const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 20 }));
const odd = fc.constantFrom<unknown>(
  '',
  ' ',
  0,
  -1,
  1.5,
  1e21,
  null,
  true,
  [],
  {},
  [[]],
  '__proto__',
  '\u0000',
  'null',
);
/** Whatever JSON may hold; `undefined` takes a member away. */
export const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.constant(undefined),
  odd,
  text,
  fc.jsonValue({ maxDepth: 2 }),
);

/** No 429: it keeps all logins waiting, and has tests of its own (P9). */
const statuses = [
  200, 202, 204, 205, 301, 303, 304, 307, 308, 400, 401, 403, 404, 405, 413, 418, 500, 502, 503, 504, 599,
];
const errors = fc.record({ error: anything, error_description: anything });

export const pushAnswer: fc.Arbitrary<AnswerLie> = fc
  .record({
    status: rarely(201, fc.constantFrom(...statuses)),
    type: rarely(
      'application/json',
      fc.constantFrom('text/html', 'application/json; charset=utf-8', 'APPLICATION/JSON', 'a', ''),
    ),
    more: rarely(
      {},
      fc.constantFrom<Record<string, string>>(
        { 'retry-after': '7' },
        { 'retry-after': 'x' },
        { location: '/par' },
        { 'www-authenticate': 'Basic realm="x"' },
        { 'www-authenticate': 'DPoP error="use_dpop_nonce"' },
        { 'dpop-nonce': 'x' },
      ),
    ),
    body: fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          request_uri: rarely<unknown>('urn:x:1', anything),
          expires_in: rarely<unknown>(60, anything),
          more: anything,
        }),
      },
      { weight: 2, arbitrary: errors },
      anything.map(value => JSON.stringify(value) ?? ''),
      text,
    ),
    transport: fc.oneof(
      { weight: 60, arbitrary: fc.constant(undefined) },
      fc.constantFrom('drop' as const, 'truncate' as const),
    ),
  })
  .map(({ status, type, more, body, transport }) => ({
    status,
    headers: { 'content-type': type, ...more },
    body,
    ...(transport && { transport }),
  }));

/** RFC 9126 §2.2: 201, and both members as they have to be. What parses as JSON is JSON, whatever its type says. */
export function isCreated({ status, body, transport }: AnswerLie): boolean {
  if (transport !== undefined || status !== 201 || typeof body !== 'object' || body === null) return false;
  const { request_uri: uri, expires_in: lifetime } = { ...body } as Record<string, unknown>;
  return typeof uri === 'string' && uri !== '' && Number.isInteger(lifetime) && Number(lifetime) > 0;
}

const claim = fc.constantFrom(
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'nbf',
  'nonce',
  'azp',
  'auth_time',
  'acr',
  'sid',
  'name',
  'at_hash',
  'cnf',
);
const times = fc.integer({ min: -4e9, max: 4e9 });
const claims = fc.dictionary(
  claim,
  fc.oneof(anything, times, fc.constantFrom<unknown>('another', ['parlour-test'], ['parlour-test', 'x'])),
  { maxKeys: 2 },
);

export const idTokenLie: fc.Arbitrary<IdTokenLie> = fc.oneof(
  { weight: 8, arbitrary: claims.map((changes): IdTokenLie => ({ claims: changes })) },
  { weight: 2, arbitrary: anything.filter(raw => raw !== undefined).map((raw): IdTokenLie => ({ raw })) },
  fc
    .array(fc.oneof(text, fc.constantFrom('eyJhbGciOiJub25lIn0', 'e30', 'e')), { minLength: 1, maxLength: 5 })
    .map((parts): IdTokenLie => ({ raw: parts.join('.') })),
  fc
    .tuple(fc.constantFrom('none' as const, 'ES256' as const, 'PS256' as const), claims)
    .map(([alg, changes]): IdTokenLie => ({ alg, claims: changes })),
  fc
    .constantFrom('client_secret' as const, 'public_key' as const)
    .map((hmacKey): IdTokenLie => ({ alg: 'HS256', hmacKey })),
  fc
    .constantFrom('wrong' as const, 'stranger' as const, 'missing' as const)
    .map((signature): IdTokenLie => ({ signature })),
  fc.constantFrom({ kid: 'unknown' }, { typ: 'x' }, { kid: '' }).map((header): IdTokenLie => ({ header })),
);

/** What has to be so when a session starts (OpenID Connect Core §3.1.3.7), `since` a moment before the login. */
export function mayStart(
  { claims: changes = {}, raw, alg, signature }: IdTokenLie,
  issuer: string,
  client: string,
  since: number,
): boolean {
  if (raw !== undefined || alg !== undefined || signature !== undefined || typeof changes === 'function') return false;
  const told: Record<string, unknown> = {
    iss: issuer,
    sub: 'alice',
    aud: client,
    exp: since,
    iat: since,
    nonce: undefined,
    ...changes,
  };
  const forUs = [told['aud']].flat().includes(client);
  const number = (name: string) => typeof told[name] === 'number';
  const timely = number('exp') && Number(told['exp']) > since - 61 && number('iat');
  return (
    told['iss'] === issuer &&
    typeof told['sub'] === 'string' &&
    told['sub'] !== '' &&
    forUs &&
    timely &&
    !('nonce' in changes)
  );
}
