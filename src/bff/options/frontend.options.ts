// class-transformer reads the types of decorated fields; in a Nest application somebody else has loaded this already.
import 'reflect-metadata';
import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { flag, listOf, matching, MayBeAbsent, Must, oneOf, records, seconds, text, texts } from './rules.js';
import { certificateFile, certificateKeyFile, privateJwksFile } from './key-files.js';
import { clientSecret } from './secrets.js';
import { apiPath, baseUrl, issuer, localPath, origin } from './urls.js';

/** What the browser may set at /login. */
export const LOGIN_PARAMETERS = ['prompt', 'login_hint', 'ui_locales', 'acr_values', 'max_age'] as const;
export type LoginParameter = (typeof LOGIN_PARAMETERS)[number];

export const CLIENT_AUTH_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
  'self_signed_tls_client_auth',
  'tls_client_auth',
] as const;
export type ClientAuthMethod = (typeof CLIENT_AUTH_METHODS)[number];

/** The `typ` of client assertions (draft-ietf-oauth-rfc7523bis §4): some servers refuse them without the second, some with it. */
export const ASSERTION_TYPS = ['JWT', 'client-authentication+jwt'] as const;

/** Asymmetric ones alone: with HS* the client secret would sign, and `none` doesn't (RFC 8725 §3.1). */
const ID_TOKEN_ALGS = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

/** Parameters of the authorization request that Parlour sets itself, or that would replace what it sets (RFC 9101 §4, RFC 9126 §2.1). */
const OWN_PARAMETERS = (
  'client_id response_type redirect_uri scope state nonce code_challenge code_challenge_method response_mode ' +
  'request request_uri client_secret client_assertion client_assertion_type dpop_jkt'
).split(' ');

const DAY = 86_400;
const YEAR = 365 * DAY;

export class ApiRouteOptions {
  @Must(apiPath)
  path!: string;

  @Must(baseUrl)
  upstream!: string;

  @Must(seconds(DAY))
  timeout = 30;

  @Must(flag)
  passSetCookie = false;

  @Must(flag)
  passSecurityHeaders = false;

  @Must(oneOf(['refuse', 'pass']))
  location: 'refuse' | 'pass' = 'refuse';

  /** It tells the API which client calls: so it's presented where that is wanted, and nowhere else. */
  @Must(flag)
  clientCertificate = false;
}

/** One SPA with its OAuth client. Every duration is in seconds. docs/contract.md says what each option means and its default. */
export class FrontendOptions {
  /** Tells frontends apart in logs, metrics and keys. */
  @Must(matching(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be 1 to 40 of a-z, 0-9 and -'))
  name = 'default';

  @Must(origin)
  publicUrl!: string;

  @Must(issuer)
  issuer!: string;

  @MayBeAbsent()
  @Must(baseUrl)
  backchannelUrl?: string;

  @Must(matching(/^[\x20-\x7e]+$/, 'must be printable ASCII characters (RFC 6749 appendix A.1)'))
  clientId!: string;

  @MayBeAbsent()
  @Must(clientSecret)
  clientSecret?: string;

  @Must(clientAuthMethod)
  clientAuthMethod: ClientAuthMethod = 'client_secret_basic';

  @MayBeAbsent()
  @Must(privateJwksFile)
  clientJwksFile?: string;

  @Must(oneOf(ASSERTION_TYPS))
  clientAssertionTyp: (typeof ASSERTION_TYPS)[number] = 'JWT';

  @MayBeAbsent()
  @Must(certificateFile)
  clientCertFile?: string;

  @MayBeAbsent()
  @Must(certificateKeyFile)
  clientKeyFile?: string;

  /** Before the end of a certificate or key. */
  @Must(seconds(YEAR))
  credentialWarning = 30 * DAY;

  @Must(oneOf(ID_TOKEN_ALGS))
  idTokenSignedResponseAlg = 'RS256';

  @Must(oneOf(['required', 'auto', 'off']))
  par: 'required' | 'auto' | 'off' = 'required';

  @Must(flag)
  requirePushedAuthorizationRequests = false;

  @Must(flag)
  dpop = false;

  @Must(flag)
  certificateBoundAccessTokens = false;

  @Must(text(scope))
  scope = 'openid profile';

  @Must(texts(OWN_PARAMETERS))
  authorizationParams: Record<string, string> = {};

  @Must(listOf(oneOf(LOGIN_PARAMETERS)))
  loginParameters: LoginParameter[] = [...LOGIN_PARAMETERS];

  @Must(seconds(DAY))
  loginTimeout = 3600;

  @Must(seconds(YEAR))
  sessionIdleTimeout = 3600;

  @Must(seconds(YEAR))
  sessionAbsoluteTimeout = 28_800;

  @Must(listOf(matching(/^(?!__proto__$)[\x21-\x7e]+$/, 'must be the name of a claim')))
  sessionClaims: string[] = ['sub', 'name', 'preferred_username', 'email'];

  @Must(flag)
  userinfo = false;

  @Must(listOf(origin))
  allowedOrigins: string[] = [];

  @Must(localPath)
  postLogoutPath = '/';

  @Must(matching(/^[a-z0-9-]{0,20}$/, 'must be at most 20 of a-z, 0-9 and -'))
  cookieSuffix = '';

  @Must(flag)
  insecureCookies = false;

  @Must(records())
  @ValidateNested()
  @Type(() => ApiRouteOptions)
  apiRoutes: ApiRouteOptions[] = [];
}

/** B1: a BFF is a confidential client (RFC 10017 §6.1). */
function clientAuthMethod(value: unknown): string | undefined {
  if (value === 'none') return 'may not be none: a BFF authenticates at the authorization server (RFC 10017 §6.1)';
  return oneOf(CLIENT_AUTH_METHODS)(value);
}

/** RFC 6749 §3.3, and `openid`, without which there is no ID token (OpenID Connect Core §3.1.2.1). */
function scope(value: string): string | undefined {
  if (!/^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(value)) {
    return 'must be scope names with single spaces between them (RFC 6749 §3.3)';
  }
  return value.split(' ').includes('openid') ? undefined : 'must contain openid';
}
