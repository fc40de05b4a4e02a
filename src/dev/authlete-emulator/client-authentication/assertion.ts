import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { given } from '../parameters.js';
import type { Properties } from '../properties.js';
import { type Attempt, refused } from './attempt.js';

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** RFC 7523 §3 and OpenID Connect Core §9: signed with a key of the client's `jwks`, for us, not expired, used once. No source for the codes. */
export async function privateKeyJwt({ parameters, client, state }: Attempt): Promise<void> {
  const assertion = given(parameters, 'client_assertion');
  if (assertion === undefined || given(parameters, 'client_assertion_type') !== TYPE) {
    throw refused('EMU-NO-ASSERTION', 'The client assertion or its type is missing.');
  }
  const id = client.text('clientId') ?? '';
  const { payload } = await jwtVerify(assertion, createLocalJWKSet(jwksOf(client)), {
    issuer: id,
    subject: id,
    audience: audiences(state.service),
    requiredClaims: ['exp', 'jti'],
    currentDate: new Date(state.now() * 1000),
    algorithms: algorithms(client),
  }).catch((failure: unknown) => {
    if (!(failure instanceof errors.JOSEError)) throw failure;
    throw refused('EMU-ASSERTION', `The client assertion is refused: ${failure.message}.`);
  });
  once({ payload, id }, state);
}

/** RFC 7523 §3, item 7. */
function once({ payload, id }: { payload: JWTPayload; id: string }, state: Attempt['state']): void {
  const key = `${id} ${payload.jti}`;
  if (state.seen.get(key)) throw refused('EMU-ASSERTION-USED', 'The client assertion has been used.');
  state.seen.put(key, true, (payload.exp ?? 0) - state.now());
}

/** RFC 9126 §2: the issuer, the token endpoint and the PAR endpoint; `clientAssertionAudRestrictedToIssuer` leaves the first. */
function audiences(service: Properties): string[] {
  const endpoints = service.flag('clientAssertionAudRestrictedToIssuer')
    ? []
    : ['tokenEndpoint', 'pushedAuthReqEndpoint'];
  return ['issuer', ...endpoints].flatMap(name => service.text(name) ?? []);
}

function algorithms(client: Properties): string[] {
  const only = client.text('tokenAuthSignAlg');
  return only === undefined ? ['ES256', 'PS256', 'RS256'] : [only];
}

export function jwksOf(client: Properties): JSONWebKeySet {
  return { keys: [], ...client.json('jwks') };
}

/** Whose assertion it says it is, where the form has no client_id. */
export function clientIdOfAssertion(parameters: URLSearchParams): string | undefined {
  try {
    return decodeJwt(given(parameters, 'client_assertion') ?? '').sub;
  } catch {
    return undefined;
  }
}
