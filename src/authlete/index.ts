export { AuthleteModule } from './authlete.module.js';
export type { AuthleteOptionsInput } from './authlete.module-definition.js';
export {
  AuthleteOptionsError,
  type AuthleteSettings,
  type OptionProblem,
  readAuthleteOptions,
} from './authlete.options.js';
export { ENDPOINTS } from './endpoints.js';
export type { AuthleteEvent } from './events.js';
export type { Account, Accounts } from './interaction/accounts.js';
export { CLIENT_CERTIFICATES } from './tls-certificate.js';
export { refuseUnknownAddress } from './unknown-address.js';
