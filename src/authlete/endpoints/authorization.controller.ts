import { Controller, Get, Inject, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { Request, Response } from 'express';
import { answer } from '../answer.js';
import { AuthleteApi } from '../authlete-api.js';
import { AUTHLETE_OPTIONS, type AuthleteOptions } from '../authlete.options.js';
import { invalidRequest } from '../endpoint-error.js';
import { EndpointErrorFilter } from '../endpoint-error.filter.js';
import { ENDPOINTS } from '../endpoints.js';
import { readForm, refuseRepetition } from '../form-body.js';
import {
  type AuthorizationEnd,
  AuthorizationEnds,
  type AuthorizationRequest,
  begin,
  hasConsented,
  People,
  readAuthorizationRequest,
  type SignedIn,
  unmet,
} from '../interaction/index.js';

/** Characters of a query that every server on the way takes (RFC 9110 §4.1 recommends 8000 for the URL). */
const LONGEST_QUERY = 6000;

/** Authlete API v3, auth/authorization. */
@Controller(ENDPOINTS.authorization)
@UseFilters(EndpointErrorFilter)
export class AuthorizationController {
  constructor(
    @Inject(AUTHLETE_OPTIONS) private readonly options: AuthleteOptions,
    @Inject(AuthleteApi) private readonly api: AuthleteApi,
    @Inject(People) private readonly people: People,
    @Inject(AuthorizationEnds) private readonly ends: AuthorizationEnds,
  ) {}

  @Get()
  async get(@Req() request: Request, @Res() response: Response): Promise<void> {
    const [, parameters = ''] = /\?(.*)/s.exec(request.originalUrl) ?? [];
    refuseRepetition(parameters);
    await this.authorize(parameters, request, response);
  }

  /**
   * OpenID Connect Core §3.1.2.1 wants this method, too. A form of another site's brings no Lax cookie along; a redirect by GET does.
   * What is too long for that ends here: it would begin a session in place of the browser's own.
   */
  @Post()
  async post(@Req() request: Request, @Res() response: Response): Promise<void> {
    const parameters = await readForm(request, this.options.bodyLimit);
    if (!this.isCrossSite(request)) return this.authorize(parameters, request, response);
    const query = parameters.replaceAll('#', '%23');
    if (query.length > LONGEST_QUERY) throw invalidRequest('A form of another site has to be shorter. Use PAR.', 413);
    response.redirect(303, `${ENDPOINTS.authorization}?${query}`);
  }

  /** A browser too old for Fetch Metadata tells the origin. */
  private isCrossSite({ headers }: Request): boolean {
    const { origin = this.options.issuer, 'sec-fetch-site': site } = headers;
    return site === undefined ? origin !== this.options.issuer : site === 'cross-site';
  }

  private async authorize(parameters: string, request: Request, response: Response): Promise<void> {
    const result = await this.api.call('auth/authorization', { parameters });
    if (answer(response, 'auth/authorization', result)) return;
    const asked = readAuthorizationRequest(result, parameters);
    if (result.action === 'NO_INTERACTION') return this.decide(asked, request, response);
    response.redirect(303, await begin(request, asked));
  }

  /** `prompt=none`: nobody may be asked. */
  private async decide(asked: AuthorizationRequest, request: Request, response: Response): Promise<void> {
    const { api, result } = await this.end(asked, await this.people.signedIn(request));
    answer(response, api, result);
  }

  private end(asked: AuthorizationRequest, person: SignedIn | undefined): Promise<AuthorizationEnd> {
    const reason = unmet(asked, person?.login);
    if (!person || reason !== undefined) return this.ends.fail(asked, reason ?? 'NOT_LOGGED_IN');
    if (!hasConsented(person.login, asked)) return this.ends.fail(asked, 'CONSENT_REQUIRED');
    return this.ends.issue(asked, person);
  }
}
