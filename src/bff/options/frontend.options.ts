// class-transformer reads the types of decorated fields; in a Nest application somebody else has loaded this already.
import 'reflect-metadata';
import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { authorizationDetails, detailTypes, type DetailTypes } from './authorization-details.js';
import { type ClaimsRequest, claimsRequest } from './claims-request.js';
import { ApiRouteOptions } from './api-route.options.js';
import {
  ASSERTION_TYPS,
  CLIENT_AUTH_METHODS,
  type ClientAuthMethod,
  CONTENT_ENCRYPTION_ALGS,
  KEY_MANAGEMENT_ALGS,
  LOGIN_PARAMETERS,
  type LoginParameter,
  LOGOUT_TOKEN_TYPS,
  OWN_PARAMETERS,
  type Profile,
  PROFILES,
  RESPONSE_MODES,
  type ResponseMode,
  SIGNATURE_ALGS,
} from './protocol-values.js';
import { flag, listOf, matching, MayBeAbsent, Must, oneOf, records, seconds, text, texts } from './rules.js';
import { certificateFile, certificateKeyFile, privateJwksFile } from './key-files.js';
import { scopeNames } from './scope.js';
import { clientSecret } from './secrets.js';
import { baseUrl, issuer, localPath, origin, resource } from './urls.js';

const DAY = 86_400;
const YEAR = 365 * DAY;

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

  @Must(oneOf(SIGNATURE_ALGS))
  idTokenSignedResponseAlg = 'RS256';

  @MayBeAbsent()
  @Must(oneOf(KEY_MANAGEMENT_ALGS))
  idTokenEncryptedResponseAlg?: string;

  @MayBeAbsent()
  @Must(oneOf(CONTENT_ENCRYPTION_ALGS))
  idTokenEncryptedResponseEnc?: string;

  @Must(oneOf(LOGOUT_TOKEN_TYPS))
  logoutTokenTyp: (typeof LOGOUT_TOKEN_TYPS)[number] = 'JWT';

  /** FAPI 2.0: what breaks it keeps the server from starting. */
  @MayBeAbsent()
  @Must(oneOf(PROFILES))
  profile?: Profile;

  @Must(oneOf(['required', 'auto', 'off']))
  par: 'required' | 'auto' | 'off' = 'required';

  @Must(flag)
  requirePushedAuthorizationRequests = false;

  @Must(flag)
  requestObject = false;

  @Must(oneOf(RESPONSE_MODES))
  responseMode: ResponseMode = 'query';

  @Must(oneOf(SIGNATURE_ALGS))
  authorizationSignedResponseAlg = 'RS256';

  @Must(flag)
  dpop = false;

  @Must(flag)
  certificateBoundAccessTokens = false;

  @Must(text(scope))
  scope = 'openid profile';

  @Must(listOf(resource))
  resources: string[] = [];

  @Must(claimsRequest)
  claims: ClaimsRequest = {};

  @Must(authorizationDetails)
  authorizationDetails: Record<string, unknown>[] = [];

  @Must(texts(OWN_PARAMETERS))
  authorizationParams: Record<string, string> = {};

  @Must(listOf(oneOf(LOGIN_PARAMETERS)))
  loginParameters: LoginParameter[] = [...LOGIN_PARAMETERS];

  @Must(detailTypes)
  loginAuthorizationDetails: DetailTypes = {};

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

/** And `openid`, without which there is no ID token (OpenID Connect Core §3.1.2.1). */
function scope(value: string): string | undefined {
  return scopeNames(value) ?? (value.split(' ').includes('openid') ? undefined : 'must contain openid');
}
