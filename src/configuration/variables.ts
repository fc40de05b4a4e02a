import type { ServerOptions } from './server.options.js';
import { flag, hosts, json, mode, number, plain, query, routes, words, type Syntax } from './value-syntax.js';

/** An environment variable, what it sets, and how its text is read. */
export interface Variable {
  name: string;
  syntax: Syntax;
  /** Path of the option of the BFF: the same as in the config file. */
  option?: string;
  server?: keyof ServerOptions;
  /** May be given as <NAME>_FILE instead, and never stands in a message. */
  secret?: true;
}

/** The one table of variables. docs/contract.md and .env.example have the same lines, which a test compares. */
export const VARIABLES: readonly Variable[] = [
  { name: 'NODE_ENV', syntax: mode, server: 'production' },
  { name: 'HOST', syntax: plain, server: 'host' },
  { name: 'PORT', syntax: number, server: 'port' },
  { name: 'MANAGEMENT_HOST', syntax: plain, server: 'managementHost' },
  { name: 'MANAGEMENT_PORT', syntax: number, server: 'managementPort' },
  { name: 'CONFIG_FILE', syntax: plain },
  { name: 'LOG_LEVEL', syntax: plain, server: 'logLevel' },
  { name: 'SHUTDOWN_TIMEOUT', syntax: number, server: 'shutdownTimeout' },
  { name: 'SPA_DIR', syntax: plain, server: 'spaDir' },
  { name: 'SPA_DEV_URL', syntax: plain, server: 'spaDevUrl' },
  { name: 'CONTENT_SECURITY_POLICY', syntax: plain, server: 'contentSecurityPolicy' },

  { name: 'STORAGE_URL', syntax: plain, option: 'storageUrl' },
  { name: 'SESSION_KEYS', syntax: words, option: 'keys', secret: true },
  { name: 'PATH_PREFIX', syntax: plain, option: 'pathPrefix' },
  { name: 'TRUSTED_PROXIES', syntax: words, option: 'trustedProxies' },
  { name: 'ALLOW_HTTP_FOR', syntax: words, option: 'allowHttpFor' },
  { name: 'HTTPS_PROXY', syntax: plain, option: 'outbound.proxy' },
  { name: 'NO_PROXY', syntax: hosts, option: 'outbound.noProxy' },
  { name: 'CA_FILE', syntax: plain, option: 'outbound.caFile' },
  { name: 'OUTBOUND_TIMEOUT', syntax: number, option: 'outbound.timeout' },
  { name: 'LOGIN_BURST', syntax: number, option: 'limits.loginBurst' },
  { name: 'LOGIN_RATE', syntax: number, option: 'limits.loginRate' },
  { name: 'LOGIN_BURST_TOTAL', syntax: number, option: 'limits.loginBurstTotal' },
  { name: 'LOGIN_RATE_TOTAL', syntax: number, option: 'limits.loginRateTotal' },
  { name: 'PUSHES_IN_FLIGHT', syntax: number, option: 'limits.pushesInFlight' },

  { name: 'PUBLIC_URL', syntax: plain, option: 'publicUrl' },
  { name: 'ISSUER', syntax: plain, option: 'issuer' },
  { name: 'BACKCHANNEL_URL', syntax: plain, option: 'backchannelUrl' },
  { name: 'CLIENT_ID', syntax: plain, option: 'clientId' },
  { name: 'CLIENT_SECRET', syntax: plain, option: 'clientSecret', secret: true },
  { name: 'CLIENT_AUTH_METHOD', syntax: plain, option: 'clientAuthMethod' },
  { name: 'CLIENT_JWKS_FILE', syntax: plain, option: 'clientJwksFile' },
  { name: 'CLIENT_ASSERTION_TYP', syntax: plain, option: 'clientAssertionTyp' },
  { name: 'CLIENT_CERT_FILE', syntax: plain, option: 'clientCertFile' },
  { name: 'CLIENT_KEY_FILE', syntax: plain, option: 'clientKeyFile' },
  { name: 'CREDENTIAL_WARNING', syntax: number, option: 'credentialWarning' },
  { name: 'ID_TOKEN_SIGNED_RESPONSE_ALG', syntax: plain, option: 'idTokenSignedResponseAlg' },
  { name: 'ID_TOKEN_ENCRYPTED_RESPONSE_ALG', syntax: plain, option: 'idTokenEncryptedResponseAlg' },
  { name: 'ID_TOKEN_ENCRYPTED_RESPONSE_ENC', syntax: plain, option: 'idTokenEncryptedResponseEnc' },
  { name: 'PROFILE', syntax: plain, option: 'profile' },
  { name: 'PAR', syntax: plain, option: 'par' },
  { name: 'REQUIRE_PUSHED_AUTHORIZATION_REQUESTS', syntax: flag, option: 'requirePushedAuthorizationRequests' },
  { name: 'REQUEST_OBJECT', syntax: flag, option: 'requestObject' },
  { name: 'RESPONSE_MODE', syntax: plain, option: 'responseMode' },
  { name: 'AUTHORIZATION_SIGNED_RESPONSE_ALG', syntax: plain, option: 'authorizationSignedResponseAlg' },
  { name: 'DPOP', syntax: flag, option: 'dpop' },
  { name: 'CERTIFICATE_BOUND_ACCESS_TOKENS', syntax: flag, option: 'certificateBoundAccessTokens' },
  { name: 'SCOPE', syntax: plain, option: 'scope' },
  { name: 'RESOURCE', syntax: words, option: 'resources' },
  { name: 'CLAIMS', syntax: json, option: 'claims' },
  { name: 'AUTHORIZATION_DETAILS', syntax: json, option: 'authorizationDetails' },
  { name: 'AUTHORIZATION_PARAMS', syntax: query, option: 'authorizationParams' },
  { name: 'LOGIN_PARAMETERS', syntax: words, option: 'loginParameters' },
  { name: 'LOGIN_TIMEOUT', syntax: number, option: 'loginTimeout' },
  { name: 'SESSION_IDLE_TIMEOUT', syntax: number, option: 'sessionIdleTimeout' },
  { name: 'SESSION_ABSOLUTE_TIMEOUT', syntax: number, option: 'sessionAbsoluteTimeout' },
  { name: 'SESSION_CLAIMS', syntax: words, option: 'sessionClaims' },
  { name: 'USERINFO', syntax: flag, option: 'userinfo' },
  { name: 'ALLOWED_ORIGINS', syntax: words, option: 'allowedOrigins' },
  { name: 'POST_LOGOUT_PATH', syntax: plain, option: 'postLogoutPath' },
  { name: 'COOKIE_SUFFIX', syntax: plain, option: 'cookieSuffix' },
  { name: 'INSECURE_COOKIES', syntax: flag, option: 'insecureCookies' },
  { name: 'API_ROUTES', syntax: routes, option: 'apiRoutes' },
];
