import { text } from 'node:stream/consumers';
import { errors, type InteractionResults, type KoaContextWithOIDC } from 'oidc-provider';
import type Provider from 'oidc-provider';
import { findPerson } from './accounts.js';
import { acrOf } from './authentication-context.js';
import type { Middleware } from './endpoints.js';
import { type Page, sendPage } from './page.js';
import { consentPage, errorPage, loginPage } from './pages.js';

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

const PREFIX = '/interaction/';

export function interactionUrl(_ctx: unknown, interaction: { uid: string }): string {
  return PREFIX + interaction.uid;
}

/** The login page: GET shows it, POST takes `username`, `password` and `decision` (`continue` or `cancel`). */
export function interactions(provider: Provider): Middleware {
  return async (ctx, next) => {
    if (!ctx.path.startsWith(PREFIX)) {
      await next();
      return;
    }
    try {
      const interaction = await provider.interactionDetails(ctx.req, ctx.res);
      if (ctx.method === 'POST') await submit(provider, ctx, interaction);
      else sendPage(ctx, initialPage(interaction));
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error;
      ctx.status = 400;
      sendPage(ctx, errorPage('session_not_found', 'This sign-in has expired, or was started in another browser.'));
    }
  };
}

function initialPage({ prompt, params, session }: Interaction): Page {
  const client = String(params['client_id']);
  if (prompt.name === 'consent') return consentPage(client, session?.accountId ?? '');
  const hint = params['login_hint'];
  return loginPage(client, typeof hint === 'string' ? hint : '');
}

async function submit(provider: Provider, ctx: KoaContextWithOIDC, interaction: Interaction): Promise<void> {
  const form = new URLSearchParams(await text(ctx.req));
  const result = resultOf(form, interaction);
  if (result) {
    const returnTo = await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
    ctx.status = 303;
    ctx.set('cache-control', 'no-store');
    ctx.redirect(returnTo);
    return;
  }
  ctx.status = 422;
  const client = String(interaction.params['client_id']);
  sendPage(ctx, loginPage(client, form.get('username') ?? '', 'Please use one of the users below and any password.'));
}

/** `undefined` when there's no such user or no password. Consent is part of the login, so nobody is asked twice. */
function resultOf(form: URLSearchParams, { prompt, params }: Interaction): InteractionResults | undefined {
  if (form.get('decision') === 'cancel') {
    return { error: 'access_denied', error_description: 'The user cancelled the sign-in.' };
  }
  if (prompt.name === 'consent') return { consent: {} };
  const person = findPerson(form.get('username') ?? '');
  if (!person || !form.get('password')) return undefined;
  const acr = acrOf(params['acr_values']);
  return { login: { accountId: person.sub, acr, amr: ['pwd'], remember: false }, consent: {} };
}
