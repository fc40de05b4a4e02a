export { type AuthorizationEnd, AuthorizationEnds, type FailReason } from './authorization-end.js';
export { type AuthorizationRequest, readAuthorizationRequest } from './authorization-request.js';
export { InteractionController } from './interaction.controller.js';
export { InteractionFilter } from './interaction.filter.js';
export { begin } from './interactions.js';
export { hasConsented, unmet } from './login.js';
export { People, type SignedIn } from './people.js';
export { SessionMiddleware } from './session.middleware.js';
