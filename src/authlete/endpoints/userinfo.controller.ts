import { Controller, Get, Inject, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { Request, Response } from 'express';
import { readAccessToken, readProof, refusedToken } from '../access-token.js';
import { answer } from '../answer.js';
import { type AuthleteAnswer, AuthleteApi } from '../authlete-api.js';
import { ACCOUNTS, AUTHLETE_OPTIONS, type AuthleteOptions } from '../authlete.options.js';
import { ClientRequests } from '../client-request.js';
import { EndpointErrorFilter } from '../endpoint-error.filter.js';
import { ENDPOINTS } from '../endpoints.js';
import { askHost } from '../host-failure.js';
import type { Account, Accounts } from '../interaction/accounts.js';

/** OpenID Connect Core §5.3; Authlete API v3, auth/userinfo and auth/userinfo/issue. */
@Controller()
@UseFilters(EndpointErrorFilter)
export class UserinfoController {
  constructor(
    @Inject(AUTHLETE_OPTIONS) private readonly options: AuthleteOptions,
    @Inject(AuthleteApi) private readonly api: AuthleteApi,
    @Inject(ClientRequests) private readonly clients: ClientRequests,
    @Inject(ACCOUNTS) private readonly accounts: Accounts,
  ) {}

  @Get(ENDPOINTS.userinfo)
  async get(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.tell(request, response);
  }

  @Post(ENDPOINTS.userinfo)
  async post(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.tell(request, response);
  }

  private async tell(request: Request, response: Response): Promise<void> {
    const token = await readAccessToken(request, this.options.bodyLimit);
    const proof = readProof(request);
    // a token that is bound to a certificate needs the certificate, but no chain (RFC 8705 §3)
    const { clientCertificate } = this.clients.certificate(request);
    const checked = await this.api.call('auth/userinfo', { token, clientCertificate, ...proof });
    if (answer(response, 'auth/userinfo', checked)) return;
    const { subject, claims } = await this.claimsOf(checked);
    answer(
      response,
      'auth/userinfo/issue',
      await this.api.call('auth/userinfo/issue', { token, sub: subject, claims }),
    );
  }

  private async accountOf(subject: unknown): Promise<Account | undefined> {
    return typeof subject === 'string' ? askHost('accounts', () => this.accounts.find(subject)) : undefined;
  }

  /** Those that were asked for, of the account that the token is for. */
  private async claimsOf({ subject, claims: asked }: AuthleteAnswer): Promise<{ subject: string; claims: string }> {
    const account = await this.accountOf(subject);
    if (account === undefined) throw refusedToken(401, 'invalid_token', 'The account of this access token has gone.');
    const names = Array.isArray(asked) ? asked : [];
    const claims = Object.entries(account.claims).filter(([name]) => names.includes(name));
    return { subject: account.subject, claims: JSON.stringify(Object.fromEntries(claims)) };
  }
}
