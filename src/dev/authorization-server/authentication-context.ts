import { type AccessToken, type ClientCredentials, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';

/** What a login here can be worth: any has the first, and who is asked for the second signs in again for it. */
export const ACR_VALUES = ['urn:parlour:demo:password', 'urn:parlour:demo:confirmed'];

/** oidc-provider takes `acr_values` for a wish; here somebody whose login is worth less signs in once more. */
export function loginPolicy(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  const { Check } = interactionPolicy;
  const check = new Check('acr_values', 'another kind of login was asked for', ({ oidc }) => {
    const asked = wished(oidc.params?.['acr_values']);
    return asked.length === 0 || asked.includes(oidc.acr) ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT;
  });
  policy.get('login')?.checks.add(check);
  return policy;
}

/** Of a login that was asked for these. */
export function acrOf(acrValues: unknown): string {
  return wished(acrValues)[0] ?? ACR_VALUES[0] ?? '';
}

/** RFC 9068 §2.2.1: so that an API can tell how and when its user logged in (RFC 9470 §6.1). */
export function authenticationClaims({ oidc }: KoaContextWithOIDC, token: AccessToken | ClientCredentials) {
  const { AuthorizationCode: code, RefreshToken: refreshToken } = oidc.entities;
  const { acr, authTime } = code ?? refreshToken ?? {};
  return token.kind === 'AccessToken' ? { acr, auth_time: authTime } : undefined;
}

function wished(acrValues: unknown): string[] {
  return typeof acrValues === 'string' ? acrValues.split(' ').filter(value => ACR_VALUES.includes(value)) : [];
}
