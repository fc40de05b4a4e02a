// class-transformer reads the types of decorated fields; in a Nest application somebody else has loaded this already.
import 'reflect-metadata';
import { plainToInstance, Type } from 'class-transformer';
import { ValidateNested, validateSync } from 'class-validator';
import { isObject } from './json.js';
import { network } from './network.js';
import {
  AuthleteOptionsError,
  flat,
  object,
  Optional,
  type OptionProblem,
  Rule,
  someOf,
  textThat,
  visible,
  wholeNumber,
} from './option-rules.js';

export { AuthleteOptionsError, type OptionProblem } from './option-rules.js';

/** The validated {@link AuthleteOptions}; the host's accounts; where sessions are kept (a Store of express-session). */
export const AUTHLETE_OPTIONS = Symbol('AuthleteOptions');
export const ACCOUNTS = Symbol('Accounts');
export const SESSION_STORE = Symbol('Session store');

const YEAR = 31_536_000;

/** https, or http to loopback: whatever goes there or comes from there is a secret. */
const secureUrl = textThat(text => {
  const url = URL.parse(text);
  if (!url || !/^https?:\/\/[^/?#\\\s]+(?:\/[^?#\\\s]*)?$/.test(text)) return 'must be an https URL without a query';
  if (url.username !== '' || url.password !== '') return 'may not have a user name or password';
  if (text.endsWith('/')) return 'may not end with a slash';
  return url.protocol === 'https:' || isLoopback(url.hostname)
    ? undefined
    : 'must be https (http is for loopback only)';
});

const isLoopback = (host: string) => /^(?:127(?:\.\d{1,3}){3}|\[::1\]|(?:.+\.)?localhost)$/.test(host);

/** RFC 8414 §2. Without a path, as the fixed paths of the endpoints stand behind it, and clients compare it letter by letter. */
const issuer = textThat(text => {
  const problem = secureUrl(text);
  if (problem !== undefined) return problem;
  return new URL(text).origin === text ? undefined : 'must be an origin alone, as https://as.example.org';
});

/** They sign the session cookie: whoever guesses one is whoever they like. */
const cookieKey = textThat(text => {
  if (text.length < 32) return 'must have 32 characters or more';
  return new Set(text).size < 10 ? 'is weak: it must be random' : undefined;
});

const style = textThat(text => (text === 'nginx' || text === 'rfc9440' ? undefined : 'must be one of nginx, rfc9440'));

/** In a path. */
const serviceId = textThat(text => (/^[\w-]+$/.test(text) ? undefined : 'must be the number of the service'));
/** The user name of Basic can't have a colon (RFC 7617 §2). */
const apiKey = textThat(text => visible(text) ?? (text.includes(':') ? 'may not have a colon' : undefined));

/** API v3 has a service id and an access token, v2 a key and a secret. */
export class AuthleteApiOptions {
  @Rule(secureUrl)
  baseUrl!: string;

  @Optional()
  @Rule(serviceId)
  serviceId?: string;

  @Optional()
  @Rule(visible)
  accessToken?: string;

  @Optional()
  @Rule(apiKey)
  apiKey?: string;

  @Optional()
  @Rule(visible)
  apiSecret?: string;

  /** Seconds. */
  @Rule(wholeNumber(1, 60))
  timeout = 10;
}

/** Who terminates TLS in front of us, and how it tells of client certificates. */
export class TrustedTlsTerminator {
  @Rule(style)
  style!: 'nginx' | 'rfc9440';

  /** Of the socket's peer. */
  @Rule(someOf(network))
  addresses!: string[];
}

/** Every duration is in seconds. */
export class AuthleteOptions {
  @Rule(issuer)
  issuer!: string;

  @Rule(object)
  @ValidateNested()
  @Type(() => AuthleteApiOptions)
  api!: AuthleteApiOptions;

  /** The first signs, all verify. */
  @Rule(someOf(cookieKey))
  cookieKeys!: string[];

  /** How long a person is remembered. */
  @Rule(wholeNumber(1, YEAR))
  sessionTimeout = 28_800;

  @Optional()
  @Rule(object)
  @ValidateNested()
  @Type(() => TrustedTlsTerminator)
  trustedTlsTerminator?: TrustedTlsTerminator;

  /** Bytes of a request's body. */
  @Rule(wholeNumber(1024, 10_485_760))
  bodyLimit = 65_536;
}

type Given<Options, Required extends keyof Options> = Pick<Options, Required> & {
  [Key in Exclude<keyof Options, Required>]?: Options[Key] | undefined;
};

/** What a host writes; {@link AuthleteOptions} with their defaults left out. */
export type AuthleteSettings = Given<Omit<AuthleteOptions, 'api'>, 'issuer' | 'cookieKeys'> & {
  api: Given<AuthleteApiOptions, 'baseUrl'>;
};

/** Options with their defaults. Throws `AuthleteOptionsError` with all problems at once, `more` among them. */
export function readAuthleteOptions(settings: unknown, more: readonly OptionProblem[] = []): AuthleteOptions {
  if (!isObject(settings)) throw new AuthleteOptionsError([{ path: 'options', text: 'must be an object' }, ...more]);
  const options = plainToInstance(AuthleteOptions, withoutUndefined(settings), { exposeUnsetFields: false });
  const problems = flat(validateSync(options, { whitelist: true, forbidNonWhitelisted: true }));
  const found = [...problems, ...credentialProblems(settings['api']), ...more];
  if (found.length > 0) throw new AuthleteOptionsError(found);
  return options;
}

/** `undefined` is as good as absent, also where there's a default. */
function withoutUndefined(given: Record<string, unknown>): Record<string, unknown> {
  const there = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(there.map(([name, value]) => [name, isObject(value) ? withoutUndefined(value) : value]));
}

/** Exactly one credential, and whole: what stands beside it was meant for another service. */
function credentialProblems(api: unknown): OptionProblem[] {
  if (!isObject(api)) return [];
  const has = (name: string) => api[name] !== undefined;
  const missing = (name: string, why: string) => ({ path: `api.${name}`, text: `is missing: ${why}` });
  const [v3, v2] = [
    ['serviceId', 'accessToken'],
    ['apiKey', 'apiSecret'],
  ] as const;
  const begun = [v3, v2].filter(names => names.some(has));
  if (begun.length === 0) return [missing('accessToken', 'API v3 needs it, with serviceId; v2 apiKey and apiSecret')];
  if (begun.length === 2) return [{ path: 'api.apiKey', text: 'may not stand beside serviceId or accessToken' }];
  return begun.flatMap(names =>
    names.filter(name => !has(name)).map(name => missing(name, `${names.join(' and ')} go together`)),
  );
}
