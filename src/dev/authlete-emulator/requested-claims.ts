import { OAuthError } from './oauth-error.js';
import { given, words } from './parameters.js';
import { isObject, Properties } from './properties.js';
import type { AuthorizationRequest } from './records.js';

/** OpenID Connect Core §5.4. */
const CLAIMS_OF_SCOPES: Readonly<Record<string, readonly string[]>> = {
  profile: [
    'name',
    'family_name',
    'given_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated_at',
  ],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
};

export type Destination = 'id_token' | 'userinfo';

/** OpenID Connect Core §5.5: what `claims` asks for by name, with its conditions. */
export function conditions(parameters: URLSearchParams, destination: Destination): Record<string, unknown> {
  const claims = given(parameters, 'claims');
  if (claims === undefined) return {};
  try {
    const members: unknown = JSON.parse(claims);
    const condition = isObject(members) ? (members[destination] ?? {}) : undefined;
    if (isObject(condition)) return condition;
  } catch {
    // refused below
  }
  throw new OAuthError('EMU-CLAIMS', 'invalid_request', 'claims is malformed.');
}

/** Names of what a scope or `claims` asks for. */
export function claimNames({ parameters, scopes }: AuthorizationRequest, destination: Destination): string[] {
  const byScope = scopes.flatMap(scope => CLAIMS_OF_SCOPES[scope] ?? []);
  const byName = Object.keys(conditions(parameters, destination)).filter(
    name => !['sub', 'acr', 'auth_time'].includes(name),
  );
  return [...new Set([...byScope, ...byName])];
}

/** From `claims`, else from `acr_values`, else the client's own (Authlete API v3, auth/authorization). */
export function requestedAcrs(parameters: URLSearchParams, client: Properties): { acrs: string[]; essential: boolean } {
  const acr = conditionOn(parameters, 'acr');
  const named = acr?.texts('values') ?? [acr?.text('value') ?? []].flat();
  if (named.length > 0) return { acrs: named, essential: acr?.flag('essential') ?? false };
  const values = words(given(parameters, 'acr_values'));
  return { acrs: values.length > 0 ? values : (client.texts('defaultAcrs') ?? []), essential: false };
}

/** Whom `claims` asks for: OpenID Connect Core §5.5.1. */
export function requestedSubject(parameters: URLSearchParams): string | undefined {
  return conditionOn(parameters, 'sub')?.text('value');
}

function conditionOn(parameters: URLSearchParams, claim: string): Properties | undefined {
  const condition = conditions(parameters, 'id_token')[claim];
  return isObject(condition) ? new Properties(condition) : undefined;
}
