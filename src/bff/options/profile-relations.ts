import type { FrontendOptions } from './frontend.options.js';
import type { Profile } from './protocol-values.js';
import type { Relation } from './relation.js';

const METHODS: readonly string[] = ['private_key_jwt', 'self_signed_tls_client_auth', 'tls_client_auth'];
const ALGS = ['PS256', 'ES256', 'EdDSA', 'Ed25519'];

type Check = (frontend: FrontendOptions) => string | undefined;

/** FAPI 2.0 Security Profile §5.3.2, §5.4.1: what the options must say; the numbers are those of docs/security.md. The client's keys are strong in any profile. */
const SECURITY_PROFILE: [keyof FrontendOptions, Check][] = [
  [
    'clientAuthMethod',
    ({ clientAuthMethod }) => want(METHODS.includes(clientAuthMethod), `must be one of ${METHODS.join(', ')}`, 'F1'),
  ],
  [
    'dpop',
    ({ dpop, certificateBoundAccessTokens }) =>
      want(
        dpop || certificateBoundAccessTokens,
        'must be true, or certificateBoundAccessTokens: tokens are sender-constrained',
        'F2',
      ),
  ],
  ['idTokenSignedResponseAlg', ({ idTokenSignedResponseAlg }) => strong(idTokenSignedResponseAlg)],
  ['par', ({ par }) => want(par === 'required', 'must be required', 'FAPI 2.0 §5.3.2.2')],
  [
    'authorizationSignedResponseAlg',
    ({ responseMode, authorizationSignedResponseAlg: alg }) => (responseMode.endsWith('jwt') ? strong(alg) : undefined),
  ],
  ['issuer', ({ issuer }) => encrypted(issuer)],
  ['backchannelUrl', ({ backchannelUrl = 'https:' }) => encrypted(backchannelUrl)],
  ['apiRoutes', ({ apiRoutes }) => encrypted(...apiRoutes.map(({ upstream }) => upstream))],
];

/** FAPI 2.0 Message Signing §5.3, §5.4. */
const MESSAGE_SIGNING: [keyof FrontendOptions, Check][] = [
  [
    'requestObject',
    ({ requestObject }) => want(requestObject, 'must be true: authorization requests are signed', 'F9'),
  ],
  [
    'responseMode',
    ({ responseMode }) =>
      want(
        responseMode.endsWith('jwt'),
        'must be query.jwt or form_post.jwt: authorization responses are signed',
        'F9',
      ),
  ],
];

/** What breaks the profile that is asked for, so that nobody runs with half of it. */
export function profileRelations(frontend: FrontendOptions, path: string): Relation[] {
  const { profile } = frontend;
  const checks = { fapi2: SECURITY_PROFILE, 'fapi2-message-signing': [...SECURITY_PROFILE, ...MESSAGE_SIGNING] };
  return (profile === undefined ? [] : (checks[profile] ?? [])).map(([option, check]) => ({
    at: `${path}.${option}`,
    reads: [`${path}.profile`, `${path}.certificateBoundAccessTokens`, `${path}.responseMode`],
    check: () => withProfile(profile, check(frontend)),
  }));
}

function withProfile(profile: Profile | undefined, problem: string | undefined): string | undefined {
  return problem === undefined ? undefined : `${problem}, with the profile ${profile}`;
}

function want(is: boolean, otherwise: string, rule: string): string | undefined {
  return is ? undefined : `${otherwise} (${rule})`;
}

function encrypted(...urls: string[]): string | undefined {
  return want(
    urls.every(url => url.startsWith('https:')),
    'must be https',
    'FAPI 2.0 §5.2.1',
  );
}

function strong(alg: string): string | undefined {
  return want(ALGS.includes(alg), `must be one of ${ALGS.join(', ')}`, 'F3');
}
