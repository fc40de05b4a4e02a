import { Inject, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { answer } from './answer.js';
import { AuthleteApi } from './authlete-api.js';
import { ClientRequests, dpopOf } from './client-request.js';

/** The whole of an endpoint that clients call themselves: what they sent goes to Authlete, and they get what Authlete says. */
@Injectable()
export class Forwarding {
  constructor(
    @Inject(AuthleteApi) private readonly api: AuthleteApi,
    @Inject(ClientRequests) private readonly clients: ClientRequests,
  ) {}

  async forward(
    request: Request,
    response: Response,
    api: 'pushed_auth_req' | 'auth/token' | 'auth/revocation',
  ): Promise<void> {
    // RFC 9449 §5 and §10: tokens and codes are bound to keys; revocation asks for no proof
    const proof = api === 'auth/revocation' ? {} : dpopOf(request);
    const { fields, context } = await this.clients.read(request);
    answer(response, api, await this.api.call(api, { ...fields, ...proof }), context);
  }
}
