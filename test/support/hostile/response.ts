import type { Answer } from './answer.js';
import { sign } from './keys.js';
import type { AuthorizationLie } from './lies.js';
import type { Hostile } from '../hostile-authorization-server.js';

export const html = { 'content-type': 'text/html; charset=utf-8' };

type Pairs = (readonly [name: string, value: string])[];

/** The authorization response in the mode that was asked for, or the one that the lie takes. */
export async function respond(
  hostile: Hostile,
  request: URLSearchParams,
  parameters: Record<string, unknown>,
  lie: AuthorizationLie | undefined,
): Promise<Answer> {
  const mode = lie?.mode ?? request.get('response_mode') ?? 'query';
  const signed = mode.endsWith('.jwt') ? { response: await jwt(hostile, parameters, lie?.jwt) } : parameters;
  const pairs = [...pairsOf(signed), ...pairsOf(lie?.beside ?? {})];
  const redirectUri = (request.get('redirect_uri') ?? '') + (lie?.query ?? '');
  if (mode.startsWith('form_post')) return formPost(redirectUri, pairs);
  const url = new URL(redirectUri);
  for (const [name, value] of pairs) url.searchParams.append(name, value);
  return { status: 303, headers: { location: url.href } };
}

/** JARM §2.1. */
async function jwt(hostile: Hostile, parameters: Record<string, unknown>, lie: AuthorizationLie['jwt']) {
  if (lie?.raw !== undefined) return lie.raw;
  const iat = Math.floor(Date.now() / 1000);
  const claims = { ...parameters, iss: hostile.issuer, aud: hostile.client.client_id, exp: iat + 300, iat };
  return sign(claims, hostile.client.client_secret, lie);
}

function pairsOf(values: Record<string, unknown>): Pairs {
  return Object.entries(values).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).filter(one => one !== undefined).map(one => [name, String(one)] as const),
  );
}

function formPost(action: string, pairs: Pairs): Answer {
  const fields = pairs.map(([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`);
  const body = `<form method="post" action="${escape(action)}">${fields.join('')}</form><script>document.forms[0].submit()</script>`;
  return { status: 200, headers: html, body };
}

const escape = (value: string) => value.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
