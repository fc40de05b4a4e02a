import { BadRequestException, Body, Controller, Get, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import type { Request } from 'express';
// for the types of req.session
import 'express-session';
import { CsrfGuard, CurrentUser, SessionGuard } from 'parlour';

declare module 'express-session' {
  interface SessionData {
    notes: string[];
  }
}

/** A local API: what it keeps is in the user's session, and goes with it. */
@Controller('notes')
@UseGuards(CsrfGuard, SessionGuard)
export class NotesController {
  @Get()
  list(@CurrentUser() user: { sub: string; name?: string }, @Req() { session }: Request) {
    return { of: user.name ?? user.sub, notes: session.notes ?? [] };
  }

  @Post()
  @HttpCode(201)
  add(@Body() body: unknown, @Req() { session }: Request) {
    session.notes = [...(session.notes ?? []), textOf(body)];
    return { notes: session.notes };
  }
}

function textOf(body: unknown): string {
  if (typeof body === 'object' && body !== null && 'text' in body && typeof body.text === 'string') return body.text;
  throw new BadRequestException();
}
