import { type AuthleteAnswer, AuthleteError } from '../authlete-api.js';

export interface Scope {
  name: string;
  description: string | undefined;
}

/** What an authorization request asks of the person, as Authlete has understood it (Authlete API v3, auth/authorization). */
export interface AuthorizationRequest {
  /** Opens `issue` and `fail`, once. It stays on the server. */
  ticket: string;
  clientId: string;
  clientName: string;
  /** It has no credentials: whoever likes can say to be it. */
  isPublic: boolean;
  scopes: Scope[];
  /** What stood in the request for scopes that are patterns; they aren't among `scopes`. */
  dynamicScopes: string[];
  /** RFC 8707: where the tokens are to be used. */
  resources: string[];
  /** RFC 9396, each as it came, in JSON. */
  details: string[];
  prompts: string[];
  /** Seconds; 0: nothing but a new login will do. */
  maxAge: number | undefined;
  acrs: string[];
  acrEssential: boolean;
  subject: string | undefined;
  loginHint: string | undefined;
  /** Names of the claims for the ID token. */
  claims: string[];
  claimsAtUserInfo: string[];
}

/** Characters. */
const LONGEST_HINT = 200;

type Members = Record<string, unknown>;

/** `parameters`: what the browser brought. Throws `AuthleteError` where the answer has no ticket or no client. */
export function readAuthorizationRequest(answer: AuthleteAnswer, parameters: string): AuthorizationRequest {
  const { clientId, clientName, clientType } = members(answer['client']);
  const [ticket, client] = [text(answer['ticket']), text(clientId)];
  if (ticket === undefined || client === undefined) {
    throw new AuthleteError('malformed', {
      api: 'auth/authorization',
      reason: 'the answer has no ticket or no client',
    });
  }
  return {
    ticket,
    clientId: client,
    clientName: text(clientName) ?? client,
    isPublic: clientType === 'PUBLIC',
    scopes: list(answer['scopes']).map(scope),
    dynamicScopes: list(answer['dynamicScopes']).map(dynamicScope),
    resources: texts(answer['resources']),
    details: list(members(answer['authorizationDetails'])['elements']).map(detail => JSON.stringify(detail, null, 2)),
    subject: text(answer['subject']),
    loginHint: loginHint(answer['loginHint']),
    prompts: texts(answer['prompts']),
    maxAge: maxAge(answer['maxAge'], parameters),
    acrs: texts(answer['acrs']),
    acrEssential: answer['acrEssential'] === true,
    claims: texts(answer['claims']),
    claimsAtUserInfo: texts(answer['claimsAtUserInfo']),
  };
}

/** A longer one is no user name, and anybody can have one kept. */
function loginHint(given: unknown): string | undefined {
  const hint = text(given);
  return hint !== undefined && hint.length <= LONGEST_HINT ? hint : undefined;
}

/**
 * Authlete's 0 means that there is no limit; a `max_age=0` is known from the browser's own request alone, which neither a pushed one nor a request
 * object is in. Other ways to write 0 count as well.
 */
function maxAge(answered: unknown, parameters: string): number | undefined {
  if (typeof answered === 'number' && answered > 0) return answered;
  const asked = new URLSearchParams(parameters).get('max_age') ?? '';
  return asked !== '' && Number(asked) === 0 ? 0 : undefined;
}

function scope(given: unknown): Scope {
  const { name, description } = members(given);
  return { name: text(name) ?? '', description: text(description) };
}

function dynamicScope(given: unknown): string {
  const { name, value } = members(given);
  return text(value) ?? text(name) ?? '';
}

/** A number counts as text: `clientId` is one. */
function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function texts(value: unknown): string[] {
  return list(value).filter(item => typeof item === 'string');
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function members(value: unknown): Members {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
