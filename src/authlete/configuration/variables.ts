import type { OptionVariable } from '../../environment/option-variables.js';
import { mode, number, plain, words, type Syntax } from '../../environment/value-syntax.js';
import type { EndpointServerOptions } from './endpoint-server.options.js';

/** `option`: path of the option of the endpoints. */
export interface AuthleteVariable extends OptionVariable {
  server?: keyof EndpointServerOptions;
}

/** `nginx 127.0.0.1 10.0.0.0/8` */
const terminator: Syntax = text => {
  const [style, ...addresses] = text.trim().split(/\s+/);
  return { style, addresses };
};

/** The one table of the endpoints' variables; .env.example has the same lines, which a test compares. */
export const AUTHLETE_VARIABLES: readonly AuthleteVariable[] = [
  { name: 'NODE_ENV', syntax: mode, server: 'production' },
  { name: 'LOG_LEVEL', syntax: plain, server: 'logLevel' },
  { name: 'SHUTDOWN_TIMEOUT', syntax: number, server: 'shutdownTimeout' },

  { name: 'AUTHLETE_BASE_URL', syntax: plain, option: 'api.baseUrl' },
  { name: 'AUTHLETE_SERVICE_ID', syntax: plain, option: 'api.serviceId' },
  { name: 'AUTHLETE_ACCESS_TOKEN', syntax: plain, option: 'api.accessToken', secret: true },
  { name: 'AUTHLETE_API_KEY', syntax: plain, option: 'api.apiKey' },
  { name: 'AUTHLETE_API_SECRET', syntax: plain, option: 'api.apiSecret', secret: true },
  { name: 'AUTHLETE_TIMEOUT', syntax: number, option: 'api.timeout' },

  { name: 'AS_ISSUER', syntax: plain, option: 'issuer' },
  { name: 'AS_HOST', syntax: plain, server: 'host' },
  { name: 'AS_PORT', syntax: number, server: 'port' },
  { name: 'AS_TLS_KEY_FILE', syntax: plain, server: 'tlsKeyFile' },
  { name: 'AS_TLS_CERT_FILE', syntax: plain, server: 'tlsCertFile' },
  { name: 'TRUSTED_TLS_TERMINATOR', syntax: terminator, option: 'trustedTlsTerminator' },
  { name: 'AS_COOKIE_KEYS', syntax: words, option: 'cookieKeys', secret: true },
  { name: 'AS_SESSION_TIMEOUT', syntax: number, option: 'sessionTimeout' },
  { name: 'AS_ACCOUNTS_MODULE', syntax: plain, server: 'accountsModule' },
];
