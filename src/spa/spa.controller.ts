import { Controller, Get, Inject, Next, Req, Res } from '@nestjs/common';
import type { NextFunction, Request, RequestHandler, Response } from 'express';

export const SERVE_SPA = Symbol('serves the SPA');

/** Comes after every endpoint of the BFF: whatever path is left is the SPA's. */
@Controller()
export class SpaController {
  constructor(@Inject(SERVE_SPA) private readonly serve: RequestHandler) {}

  @Get('{*path}')
  file(@Req() request: Request, @Res() response: Response, @Next() next: NextFunction): void {
    void this.serve(request, response, next);
  }
}
