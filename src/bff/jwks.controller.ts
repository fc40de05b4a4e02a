import { Controller, Get, Req, Res, UseFilters } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ErrorFilter } from './error.filter.js';
import { frontendOf } from './frontend.js';
import { JWKS_MAX_AGE } from './oauth-client/succession.js';
import { setSecurityHeaders } from './security-headers.js';

/** The client's public keys, for its authorization server (`jwks_uri`, OpenID Connect Dynamic Client Registration 1.0 §2): no header, no cookie, no secret. */
@Controller('jwks')
@UseFilters(ErrorFilter)
export class JwksController {
  @Get()
  show(@Req() request: Request, @Res() response: Response): void {
    const frontend = frontendOf(request);
    setSecurityHeaders(response, frontend);
    // the one answer of ours that may be kept: servers ask for it again and again, and a new key waits for copies to grow old
    response.setHeader('Cache-Control', `public, max-age=${JWKS_MAX_AGE}`);
    // RFC 7517 §8.5.2
    response.type('application/jwk-set+json').send(JSON.stringify(frontend.client.credentials.publicJwks()));
  }
}
