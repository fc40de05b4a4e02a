import { Controller, Get, Inject, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { Request, Response } from 'express';
import { answer } from '../answer.js';
import { AUTHLETE_OPTIONS, type AuthleteOptions } from '../authlete.options.js';
import { ENDPOINTS } from '../endpoints.js';
import { readForm } from '../form-body.js';
import { type AuthorizationEnd, AuthorizationEnds, type FailReason } from './authorization-end.js';
import type { Interaction } from './browser-session.js';
import { explain, Explained } from './explanation.js';
import { isForeign, isToken } from './forgery.js';
import { InteractionFilter } from './interaction.filter.js';
import { addressOfPage, demandLogin, find, logIn, take } from './interactions.js';
import { type Page, sendPage } from './page.js';
import { People } from './people.js';
import { pageOf, type Said, type Step, stepOf } from './step.js';

interface Visit {
  address: string;
  csrf: string;
  step: Step;
  page: (said?: Said) => Page;
}

const OUTDATED = 'This page was out of date, so nothing has been done. Please look again.';
const WRONG = 'The user name or the password is wrong.';

/** The pages on which a person logs in and decides. Each form says in `decision` what that is. */
@Controller(ENDPOINTS.interaction)
@UseFilters(InteractionFilter)
export class InteractionController {
  constructor(
    @Inject(AUTHLETE_OPTIONS) private readonly options: AuthleteOptions,
    @Inject(People) private readonly people: People,
    @Inject(AuthorizationEnds) private readonly ends: AuthorizationEnds,
  ) {}

  @Get()
  async show(@Req() request: Request, @Res() response: Response): Promise<void> {
    const { page } = await this.visit(request);
    sendPage(response, 200, page());
  }

  @Post()
  async submit(@Req() request: Request, @Res() response: Response): Promise<void> {
    if (isForeign(request, this.options.issuer)) throw new Explained('foreign');
    const form = new URLSearchParams(await readForm(request, this.options.bodyLimit));
    const visit = await this.visit(request);
    if (isToken(form.get('csrf'), visit.csrf)) await this.decide(form, visit, request, response);
    else sendPage(response, 403, visit.page({ alert: OUTDATED, username: form.get('username') ?? undefined }));
  }

  private async decide(form: URLSearchParams, visit: Visit, request: Request, response: Response): Promise<void> {
    switch (form.get('decision')) {
      case 'login':
        return this.logIn(form, visit, request, response);
      case 'switch':
        await demandLogin(request);
        return response.redirect(303, visit.address);
      case 'allow':
        return this.allow(visit, request, response);
      case 'deny':
        return this.deny(visit.step, request, response);
      default:
        throw new Explained('malformed');
    }
  }

  private async logIn(
    form: URLSearchParams,
    { address, page }: Visit,
    request: Request,
    response: Response,
  ): Promise<void> {
    const username = form.get('username') ?? '';
    const account = await this.people.authenticate(username, form.get('password') ?? '');
    if (!account) return sendPage(response, 422, page({ alert: WRONG, username }));
    await logIn(request, account);
    response.redirect(303, address);
  }

  /** What the request demands of a login isn't for the person to wave away. */
  private async allow({ step, page }: Visit, request: Request, response: Response): Promise<void> {
    if (step.is === 'login') return sendPage(response, 403, page({ alert: OUTDATED }));
    const { request: asked } = required(await take(request, { agreed: true }));
    finish(response, await this.ends.issue(asked, step));
  }

  private async deny(step: Step, request: Request, response: Response): Promise<void> {
    const { request: asked } = required(await take(request, { agreed: false }));
    finish(response, await this.ends.fail(asked, reasonOf(step)));
  }

  private async visit(request: Request): Promise<Visit> {
    const interaction = required(find(request));
    const csrf = request.session.authorization?.csrf ?? '';
    const step = stepOf(interaction, await this.people.signedIn(request));
    return { address: addressOfPage(interaction.id), csrf, step, page: said => pageOf(step, interaction, csrf, said) };
  }
}

/** Somebody who can't be whom the request asks for hasn't denied it. */
function reasonOf(step: Step): FailReason {
  if (step.is === 'consent') return 'DENIED';
  return step.why === 'DIFFERENT_SUBJECT' || step.why === 'ACR_NOT_SATISFIED' ? step.why : 'DENIED';
}

function required(interaction: Interaction | undefined): Interaction {
  if (!interaction) throw new Explained('over');
  return interaction;
}

function finish(response: Response, { api, result }: AuthorizationEnd): void {
  if (result.action === 'BAD_REQUEST') explain(response, 'expired');
  else if (result.action === 'INTERNAL_SERVER_ERROR') explain(response, 'failed');
  else answer(response, api, result);
}
