import { Controller, Inject, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { Request, Response } from 'express';
import { EndpointErrorFilter } from '../endpoint-error.filter.js';
import { ENDPOINTS } from '../endpoints.js';
import { Forwarding } from '../forwarding.js';

/** RFC 9126 §2; Authlete API v3, pushed_auth_req. */
@Controller()
@UseFilters(EndpointErrorFilter)
export class PushedAuthorizationRequestController {
  constructor(@Inject(Forwarding) private readonly forwarding: Forwarding) {}

  @Post(ENDPOINTS.pushedAuthorizationRequest)
  async push(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.forwarding.forward(request, response, 'pushed_auth_req');
  }
}
