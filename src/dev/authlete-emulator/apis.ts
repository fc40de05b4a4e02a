import { authorization } from './api/authorization.js';
import { authorizationFail } from './api/authorization-fail.js';
import { authorizationIssue } from './api/authorization-issue.js';
import { introspection } from './api/introspection.js';
import { pushedAuthReq } from './api/pushed-auth-req.js';
import { revocation } from './api/revocation.js';
import { serviceConfiguration } from './api/service-configuration.js';
import { serviceJwks } from './api/service-jwks.js';
import { token } from './api/token.js';
import { userinfo } from './api/userinfo.js';
import { userinfoIssue } from './api/userinfo-issue.js';
import { type Refuse, refuseClient, refuseToken } from './oauth-error.js';
import type { Properties } from './properties.js';
import type { State } from './state.js';

export interface Api {
  method: 'GET' | 'POST';
  /** `type` of its answers. */
  type?: string;
  handle(call: Properties, state: State): object | Promise<object>;
  refuse: Refuse;
}

const atClients = refuseClient('INVALID_CLIENT');
const inBrowsers = refuseClient('BAD_REQUEST');

/** The APIs, by their paths behind /api/ (v2) and /api/{serviceId}/ (v3). */
// prettier-ignore
export const APIS: ReadonlyMap<string, Api> = new Map<string, Api>([
  ['pushed_auth_req',          { method: 'POST', type: 'pushedAuthReqResponse',      handle: pushedAuthReq,        refuse: refuseClient('UNAUTHORIZED') }],
  ['auth/authorization',       { method: 'POST', type: 'authorizationResponse',      handle: authorization,        refuse: inBrowsers }],
  ['auth/authorization/issue', { method: 'POST', type: 'authorizationIssueResponse', handle: authorizationIssue,   refuse: inBrowsers }],
  ['auth/authorization/fail',  { method: 'POST', type: 'authorizationFailResponse',  handle: authorizationFail,    refuse: inBrowsers }],
  ['auth/token',               { method: 'POST', type: 'tokenResponse',              handle: token,                refuse: atClients }],
  ['auth/userinfo',            { method: 'POST', type: 'userInfoResponse',           handle: userinfo,             refuse: refuseToken }],
  ['auth/userinfo/issue',      { method: 'POST', type: 'userInfoIssueResponse',      handle: userinfoIssue,        refuse: refuseToken }],
  ['auth/revocation',          { method: 'POST', type: 'revocationResponse',         handle: revocation,           refuse: atClients }],
  ['auth/introspection',       { method: 'POST', type: 'introspectionResponse',      handle: introspection,        refuse: refuseToken }],
  ['service/configuration',    { method: 'GET',                                      handle: serviceConfiguration, refuse: inBrowsers }],
  ['service/jwks/get',         { method: 'GET',                                      handle: serviceJwks,          refuse: inBrowsers }],
]);
