import { Controller, Inject, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { Request, Response } from 'express';
import { EndpointErrorFilter } from '../endpoint-error.filter.js';
import { ENDPOINTS } from '../endpoints.js';
import { Forwarding } from '../forwarding.js';

/** RFC 6749 §3.2, for codes and refresh tokens; Authlete API v3, auth/token. */
@Controller()
@UseFilters(EndpointErrorFilter)
export class TokenController {
  constructor(@Inject(Forwarding) private readonly forwarding: Forwarding) {}

  @Post(ENDPOINTS.token)
  async grant(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.forwarding.forward(request, response, 'auth/token');
  }
}
