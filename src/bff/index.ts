export { BffModule } from './bff.module.js';
export { type BffOptionsInput, OptionsError } from './bff.options.js';
export { CsrfGuard } from './csrf.guard.js';
export { ErrorFilter } from './error.filter.js';
export { BffError, LOGIN_ERRORS, type LoginError, type ProblemCode, PROBLEMS } from './errors.js';
export { Events } from './events.js';
export { Frontends } from './frontend.js';
export { AccessToken, CurrentUser, SessionGuard } from './session/session.guard.js';
export { STORAGE, type Storage } from './storage/storage.js';
