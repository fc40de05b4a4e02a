import type { IncomingMessage } from 'node:http';
import type { Dispatcher } from 'undici';
import type { BffOptions, FrontendOptions } from './bff.options.js';
import { BffError } from './errors.js';
import type { Events } from './events.js';
import { ClientCredentials, type CredentialObserver } from './oauth-client/credentials.js';
import { OAuthClient } from './oauth-client/oauth-client.js';
import { createOutbound } from './outbound.js';
import { RecentlyUsed } from './recently-used.js';
import { RequestNote } from './request-note.js';
import { KeyRing } from './seal.js';
import type { AllowHttpFor } from './secure-url.js';
import { SealedRecords } from './storage/sealed-records.js';
import type { Storage } from './storage/storage.js';

export interface Surroundings {
  options: BffOptions;
  storage: Storage;
  outbound: Dispatcher;
  events: Events;
}

/** One single-page app: its origin, OAuth client, cookies, keys, records and API routes. */
export class Frontend {
  readonly name: string;
  /** `PUBLIC_URL`: the only source of scheme and host. */
  readonly origin: string;
  /** The origin's authority, as `Host` says it. */
  readonly host: string;
  readonly scheme: string;
  readonly pathPrefix: string;
  readonly cookies: { session: string; login: string; logout: string };
  readonly secureCookies: boolean;
  /** The authorization response comes as a form from the authorization server's site. */
  readonly formPost: boolean;
  readonly keys: KeyRing;
  readonly client: OAuthClient;
  readonly records: SealedRecords;
  /** Ids by the cookies that they came in: a signature is checked once. */
  readonly sessionIds = new RecentlyUsed<string>(4096);
  /** For its authorization server. */
  readonly allowHttpFor: AllowHttpFor;
  private readonly proxied: readonly string[];

  constructor(
    readonly options: FrontendOptions,
    { options: bff, storage, outbound, events }: Surroundings,
  ) {
    const { name, issuer, backchannelUrl } = options;
    this.name = name;
    this.proxied = options.apiRoutes.map(({ path }) => (bff.pathPrefix + path).replace(/\/+$/, ''));
    const { origin, host, protocol } = new URL(options.publicUrl);
    this.origin = origin;
    this.host = host;
    this.scheme = protocol.slice(0, -1);
    this.pathPrefix = bff.pathPrefix;
    this.secureCookies = !options.insecureCookies;
    this.formPost = options.responseMode.startsWith('form_post');
    this.cookies = cookieNames(options);
    this.keys = new KeyRing(bff.keys, name, purpose => events.unknownKey({ frontend: name, purpose }));
    this.records = new SealedRecords(storage, this.keys, issuer, format =>
      events.unknownFormat({ frontend: name, format: String(format) }),
    );
    const credentials = new ClientCredentials(
      options,
      { shared: outbound, own: shown => createOutbound(bff.outbound, {}, shown) },
      credentialEvents(name, events),
    );
    // FAPI 2.0 §5.2.1: connections to other servers are TLS, whatever ALLOW_HTTP_FOR says
    this.allowHttpFor = options.profile === undefined ? bff.allowHttpFor : 'none';
    const http = {
      dispatcher: credentials.dispatcher,
      timeout: bff.outbound.timeout,
      issuer,
      backchannelUrl,
      allowHttpFor: this.allowHttpFor,
    };
    this.client = new OAuthClient(options, credentials, http, {
      completed: () => events.record({ event: 'discovery_completed', frontend: name, issuer }),
      failed: ({ message }) => events.record({ event: 'discovery_failed', frontend: name, issuer, reason: message }),
    });
  }

  /** The path of one of our endpoints as the browser sees it. */
  path(endpoint: string): string {
    return this.pathPrefix + endpoint;
  }

  /** An API route covers it, by whole segments: nothing of ours or of a host's stands there. */
  isProxied(path: string): boolean {
    return this.proxied.some(prefix => path === prefix || path.startsWith(`${prefix}/`));
  }

  get redirectUri(): string {
    return this.origin + this.path('/callback');
  }

  loginUrl(parameters: Readonly<Record<string, string>> = {}): string {
    const query = new URLSearchParams(parameters).toString();
    return this.path('/login') + (query === '' ? '' : `?${query}`);
  }

  /** Whether an API's `Set-Cookie` or anybody else's cookie would stand in for one of ours. */
  ownCookieName(name: string): boolean {
    const { session, login, logout } = this.cookies;
    return name === session || name === logout || name.startsWith(login);
  }

  /** Says who may call with credentials: this origin, and other origins of the same site that are listed. */
  allowsOrigin(origin: string): boolean {
    return origin === this.origin || this.options.allowedOrigins.includes(origin);
  }
}

function credentialEvents(frontend: string, events: Events): CredentialObserver {
  const at = ({ name, expiresAt }: { name: string; expiresAt: number }) => ({
    frontend,
    credential: name,
    expiresAt: new Date(expiresAt).toISOString(),
  });
  return {
    changed: credential => events.record({ event: 'credential_changed', frontend, credential }),
    refused: (credential, reason) => events.record({ event: 'credential_refused', frontend, credential, reason }),
    expiring: credential => events.record({ event: 'credential_expiring', ...at(credential) }),
    expired: credential => events.record({ event: 'credential_expired', ...at(credential) }),
    known: credentials => events.credentialsKnown(frontend, credentials),
  };
}

/** `__Host-` keeps siblings from setting it, `-Http-` scripts (RFC 6265bis); browsers that don't know the latter still apply the former. */
function cookieNames({ insecureCookies, cookieSuffix }: FrontendOptions): Frontend['cookies'] {
  const prefix = insecureCookies ? '' : '__Host-Http-';
  const suffix = cookieSuffix === '' ? '' : `-${cookieSuffix}`;
  return {
    session: `${prefix}session${suffix}`,
    login: `${prefix}login${suffix}.`,
    logout: `${prefix}logout${suffix}`,
  };
}

const frontends = new RequestNote<Frontend>();

/** The frontend that the request is for. */
export function frontendOf(request: IncomingMessage): Frontend {
  const frontend = frontends.get(request);
  if (!frontend) throw new Error('BffModule’s middleware hasn’t run for this request');
  return frontend;
}

export class Frontends {
  readonly all: Frontend[];
  private readonly byAuthority: Map<string, Frontend>;

  constructor(surroundings: Surroundings) {
    this.all = surroundings.options.frontends.map(options => new Frontend(options, surroundings));
    this.byAuthority = new Map(this.all.flatMap(frontend => authoritiesOf(frontend).map(host => [host, frontend])));
  }

  /** Reads the metadata before the first login needs it. It keeps nobody from starting: the authorization server may come up later (a failure is in the log). */
  prepare(): void {
    for (const { client } of this.all) void client.prepare();
  }

  /** Stops watching files and ends connections that show a client certificate. */
  async close(): Promise<void> {
    await Promise.all(this.all.map(({ client }) => client.credentials.close()));
  }

  /** For an answer to a request that may be for nobody, or that failed before anybody asked whose it is. */
  known({ headers: { host = '' } }: IncomingMessage): Frontend | undefined {
    return this.byAuthority.get(host) ?? this.byAuthority.get(host.toLowerCase());
  }

  /** By the exact authority, so that DNS rebinding and stray names end here (RFC 9110 §7.4). No forwarded header is looked at. */
  resolve(request: IncomingMessage): Frontend {
    const frontend = this.known(request);
    if (!frontend) throw new BffError('misdirected_request');
    frontends.set(request, frontend);
    return frontend;
  }
}

/** `app.example:443` is what a browser calls `app.example`, where the public URL is https. */
function authoritiesOf({ origin, host, scheme }: Frontend): string[] {
  return new URL(origin).port === '' ? [host, `${host}:${scheme === 'https' ? 443 : 80}`] : [host];
}
