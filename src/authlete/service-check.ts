import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { AuthleteApi, AuthleteError } from './authlete-api.js';
import { AUTHLETE_OPTIONS, type AuthleteOptions } from './authlete.options.js';
import { ENDPOINTS } from './endpoints.js';
import { AuthleteEvents } from './events.js';
import { jsonObject } from './json.js';

/** Members of the metadata (RFC 8414 §2, RFC 9126 §5) and the endpoint that each has to lead to; the last two may be left out. */
const ADVERTISED = {
  authorization_endpoint: ENDPOINTS.authorization,
  token_endpoint: ENDPOINTS.token,
  pushed_authorization_request_endpoint: ENDPOINTS.pushedAuthorizationRequest,
  jwks_uri: ENDPOINTS.jwks,
  revocation_endpoint: ENDPOINTS.revocation,
  userinfo_endpoint: ENDPOINTS.userinfo,
};
const MAY_BE_ABSENT = ['revocation_endpoint', 'userinfo_endpoint'];

/**
 * Clients believe the metadata, which are kept at Authlete: where those don't name what is served here, every client goes astray, or to somebody
 * else. So they are compared before anything is served, and each time before they are shown: they may change meanwhile.
 */
@Injectable()
export class ServiceCheck implements OnModuleInit {
  constructor(
    @Inject(AUTHLETE_OPTIONS) private readonly options: AuthleteOptions,
    @Inject(AuthleteApi) private readonly api: AuthleteApi,
    @Inject(AuthleteEvents) private readonly events: AuthleteEvents,
  ) {}

  /** Authlete's being away for a while is no reason to stay away too. */
  async onModuleInit(): Promise<void> {
    try {
      await this.configuration();
    } catch (error) {
      if (!(error instanceof AuthleteError) || !error.passes) throw error;
      const { kind, status, message: reason } = error;
      this.events.record({ event: 'service_unchecked', level: 'warn', kind, status, reason });
    }
  }

  /** The metadata as text, when they are fit to be shown. */
  async configuration(): Promise<string> {
    const { body } = await this.api.get('service/configuration');
    const metadata = jsonObject(body);
    if (!metadata) throw new AuthleteError('malformed', { api: 'service/configuration', reason: 'no JSON object' });
    this.check(metadata);
    return body;
  }

  private check(metadata: Record<string, unknown>): void {
    const differences = differencesOf(metadata, this.options.issuer);
    if (differences.length > 0) {
      this.events.record({ event: 'service_mismatch', level: 'error', differences });
      throw new ServiceMismatch(differences);
    }
  }
}

/** The service at Authlete is configured for something else than what is served here. */
export class ServiceMismatch extends Error {
  override readonly name = 'ServiceMismatch';
  constructor(readonly differences: string[]) {
    super(
      `Authlete’s service doesn’t advertise what is served here:\n${differences.map(line => `- ${line}`).join('\n')}`,
    );
  }
}

function differencesOf(metadata: Record<string, unknown>, issuer: string): string[] {
  const wanted = Object.entries(ADVERTISED).map(([name, path]) => [name, issuer + path] as const);
  return [['issuer', issuer] as const, ...wanted].flatMap(([name, address]) => {
    const found = metadata[name] ?? undefined;
    if (found === address || (found === undefined && MAY_BE_ABSENT.includes(name))) return [];
    return [`${name} is ${found === undefined ? 'missing' : JSON.stringify(found)}, and has to be ${address}`];
  });
}
