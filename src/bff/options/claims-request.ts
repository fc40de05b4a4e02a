import { isRecord, type Rule } from './rules.js';

/** The `claims` parameter (OpenID Connect Core §5.5). */
export interface ClaimsRequest {
  id_token?: Record<string, unknown>;
  userinfo?: Record<string, unknown>;
}

const PARTS = ['id_token', 'userinfo'];

/** Stricter than the standard, which has servers ignore what they don't know: a misspelt part would ask for nothing, in silence. */
export const claimsRequest: Rule = value => {
  if (!isRecord(value)) return 'must be an object (OpenID Connect Core §5.5)';
  for (const [part, claims] of Object.entries(value)) {
    if (!PARTS.includes(part)) return `may have ${PARTS.join(' and ')} alone (OpenID Connect Core §5.5)`;
    if (!isRecord(claims)) return `must give ${part} the claims that are asked for`;
    const wrong = Object.keys(claims).find(name => !isRequest(claims[name]));
    if (wrong !== undefined) return `asks for ${part}.${wrong} as OpenID Connect Core §5.5.1 doesn't know it`;
  }
  return acrOf(value);
};

function isRequest(request: unknown): boolean {
  if (request === null || Array.isArray(request)) return true;
  if (!isRecord(request)) return false;
  const { essential, values } = request;
  return (essential === undefined || typeof essential === 'boolean') && (values === undefined || Array.isArray(values));
}

/** It's compared with the ID token's, so it has to be texts. */
function acrOf({ id_token }: ClaimsRequest): string | undefined {
  const asked = requestedAcr({ id_token: id_token ?? {} });
  return asked.every(value => typeof value === 'string') ? undefined : 'asks for an acr that is no text';
}

/** The `value` or `values` of `id_token.acr`; none: any will do. */
export function requestedAcr({ id_token }: ClaimsRequest): unknown[] {
  const acr = id_token?.['acr'];
  if (!isRecord(acr)) return [];
  return [
    ...(acr['value'] === undefined ? [] : [acr['value']]),
    ...(Array.isArray(acr['values']) ? acr['values'] : []),
  ];
}

export function isEssential({ id_token }: ClaimsRequest, claim: string): boolean {
  const request = id_token?.[claim];
  return isRecord(request) && request['essential'] === true;
}
