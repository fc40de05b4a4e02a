import { Controller, Inject, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { Request, Response } from 'express';
import { EndpointErrorFilter } from '../endpoint-error.filter.js';
import { ENDPOINTS } from '../endpoints.js';
import { Forwarding } from '../forwarding.js';

/** RFC 7009 §2; Authlete API v3, auth/revocation. */
@Controller()
@UseFilters(EndpointErrorFilter)
export class RevocationController {
  constructor(@Inject(Forwarding) private readonly forwarding: Forwarding) {}

  @Post(ENDPOINTS.revocation)
  async revoke(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.forwarding.forward(request, response, 'auth/revocation');
  }
}
