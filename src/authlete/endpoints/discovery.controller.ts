import { Controller, Get, Inject, Res, UseFilters } from '@nestjs/common';
import type { Response } from 'express';
import { AuthleteApi, AuthleteError } from '../authlete-api.js';
import { EndpointErrorFilter } from '../endpoint-error.filter.js';
import { ENDPOINTS } from '../endpoints.js';
import { jsonObject } from '../json.js';
import { ServiceCheck } from '../service-check.js';

/** OpenID Connect Discovery §4 and RFC 8414 §3, one document at both addresses; Authlete API v3, service/configuration and service/jwks/get. */
@Controller()
@UseFilters(EndpointErrorFilter)
export class DiscoveryController {
  constructor(
    @Inject(AuthleteApi) private readonly api: AuthleteApi,
    @Inject(ServiceCheck) private readonly service: ServiceCheck,
  ) {}

  @Get([ENDPOINTS.openidConfiguration, ENDPOINTS.oauthAuthorizationServer])
  async configuration(@Res() response: Response): Promise<void> {
    sendJson(response, await this.service.configuration());
  }

  /** 204: the service has no keys; 302: it keeps them somewhere else. Private keys are never asked for (`includePrivateKeys`). */
  @Get(ENDPOINTS.jwks)
  async jwks(@Res() response: Response): Promise<void> {
    const { status, body, location } = await this.api.get('service/jwks/get');
    if (status === 204) response.status(204).end();
    else if (status === 302) response.status(302).setHeader('Location', urlOf(location)).end();
    else sendJson(response, keySet(body));
  }
}

/** Of private and symmetric keys: RFC 7518 §6.2.2, §6.3.2 and §6.4, RFC 8037 §2, and `priv` of keys in ML-DSA and ML-KEM. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/** A key that should be nobody's but Authlete's stays here, even if the service has been given it to show. */
function keySet(body: string): string {
  const keys = jsonObject(body)?.['keys'];
  if (!Array.isArray(keys)) throw malformed('no set of keys');
  if (keys.some(key => PRIVATE.some(member => Object.hasOwn(Object(key), member)))) {
    throw malformed('a key of the set is private');
  }
  return body;
}

function urlOf(location = ''): string {
  if (/^https?:$/.test(URL.parse(location)?.protocol ?? '') && /^[!-~]+$/.test(location)) return location;
  throw malformed('no address of the keys');
}

function malformed(reason: string): AuthleteError {
  return new AuthleteError('malformed', { api: 'service/jwks/get', reason });
}

function sendJson(response: Response, body: string): void {
  response.setHeader('Content-Type', 'application/json').end(body);
}
